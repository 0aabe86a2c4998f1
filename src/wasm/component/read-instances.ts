import { ExternNames } from "./name-list.js";
import type { PartReader } from "./part-reader.js";

const CORE_INSTANCE_SORT = 0x12;
const INSTANTIATE = 0;
const FROM_EXPORTS = 1;

/** core:instance ::= 0x00 module (name 0x12 instance)* | 0x01 (name coresort index)* */
export function readCoreInstances(section: PartReader): void {
  section.each("core instances", (index) => {
    const part = section.within(`core instance ${index}`);
    const { reader } = part;
    switch (reader.byte()) {
      case INSTANTIATE:
        reader.u32();
        part.named("core argument", "arguments", () => {
          if (reader.byte() !== CORE_INSTANCE_SORT) part.fail("kind of argument");
          reader.u32();
        });
        break;
      case FROM_EXPORTS:
        part.named("core inline export", "exports", () => {
          part.coreSort();
          reader.u32();
        });
        break;
      default:
        part.fail("kind of core instance");
    }
  });
}

/** instance ::= 0x00 component (name sort index)* | 0x01 (externname sort index)* */
export function readInstances(section: PartReader): void {
  section.each("instances", (index) => {
    const part = section.within(`instance ${index}`);
    const { reader } = part;
    switch (reader.byte()) {
      case INSTANTIATE:
        reader.u32();
        part.named("argument", "arguments", () => {
          part.sort();
          reader.u32();
        });
        break;
      case FROM_EXPORTS: {
        const exports = new ExternNames();
        part.each("exports", () => {
          exports.add(part.externName(), part.sort());
          reader.u32();
        });
        part.noteExterns("inline export", exports);
        break;
      }
      default:
        part.fail("kind of instance");
    }
  });
}

/** alias ::= sort (0x00 instance name | 0x01 coreinstance name | 0x02 count index) */
export function readAlias(part: PartReader): void {
  const { reader } = part;
  part.sort();
  const target = reader.byte();
  if (target > 2) part.fail("target of alias");
  reader.u32();
  if (target === 2) reader.u32();
  else part.note(target === 0 ? "alias" : "core alias", [part.name()]);
}
