import { ByteReader, ModuleFormatError } from "../byte-reader.js";
import {
  COMPONENT_VERSION,
  MAX_COMPONENT_SECTIONS,
  readComponentHeader,
} from "../read-component.js";
import { readModule, SECTION_CUSTOM } from "../read-module.js";
import { ExternNames, type NameList, NameLists } from "./name-list.js";
import { joinPlaces, MAX_NAME_BYTES, PartReader } from "./part-reader.js";
import { readAlias, readCoreInstances, readInstances } from "./read-instances.js";
import { readCoreType, readType } from "./read-types.js";

/** Components that lie in each other: tools that compose write two levels for each time. */
export const MAX_COMPONENT_DEPTH = 32;

/**
 * All names that a component has, whatever they are of and however deep they lie: in its own sections,
 * in those of nested components, and in the core modules of all of them (component model, "Binary
 * format"). Code, data and canonical definitions hold no names and are skipped by their size. A form that
 * is not known is refused, for behind it names would not be seen.
 *
 * Throws a {@link ModuleFormatError} for bytes that are no component, and for nothing else.
 */
export function readComponentNames(bytes: Uint8Array): readonly NameList[] {
  const lists = new NameLists();
  readComponentPart(bytes, "", lists, 0);
  return lists.lists;
}

/** How many parts of each kind a component had so far, over all of its sections. */
interface Counts {
  coreModules: number;
  components: number;
  sections: number;
}

function readComponentPart(
  bytes: Uint8Array,
  where: string,
  lists: NameLists,
  depth: number,
): void {
  if (depth > MAX_COMPONENT_DEPTH) {
    throw new ModuleFormatError(`components more than ${MAX_COMPONENT_DEPTH} deep`);
  }
  if (readComponentHeader(bytes) !== COMPONENT_VERSION) {
    throw new ModuleFormatError("a component of another version");
  }
  const reader = new ByteReader(bytes, 8);
  const counts: Counts = { coreModules: 0, components: 0, sections: 0 };
  while (!reader.done) {
    if (counts.sections++ === MAX_COMPONENT_SECTIONS) {
      throw new ModuleFormatError(`more than ${MAX_COMPONENT_SECTIONS} sections`);
    }
    const id = reader.byte();
    const size = reader.u32();
    const start = reader.position;
    if (size > bytes.length - start) {
      throw new ModuleFormatError(`section ${id} of ${size} bytes passes the end of the component`);
    }
    reader.position = start + size;
    switch (id) {
      case 1:
        readCoreModule(
          bytes.subarray(start, start + size),
          joinPlaces(where, `core module ${counts.coreModules++}`),
          lists,
        );
        break;
      case 4:
        readComponentPart(
          bytes.subarray(start, start + size),
          joinPlaces(where, `component ${counts.components++}`),
          lists,
          depth + 1,
        );
        break;
      default:
        readSection(id, new PartReader(new ByteReader(bytes, start, start + size), where, lists));
    }
  }
}

function readSection(id: number, section: PartReader): void {
  const { reader } = section;
  switch (id) {
    case SECTION_CUSTOM:
      section.note("custom section", [section.name()]);
      return;
    case 2:
      readCoreInstances(section);
      break;
    case 3:
      section.each("core types", (index) => readCoreType(section.within(`core type ${index}`)));
      break;
    case 5:
      readInstances(section);
      break;
    case 6:
      section.each("aliases", () => readAlias(section));
      break;
    case 7:
      section.each("types", (index) => readType(section.within(`type ${index}`)));
      break;
    case 8:
      // Canonical definitions: numbers only.
      return;
    case 10:
      readImports(section);
      break;
    case 11:
      readExports(section);
      break;
    default:
      // 9 is a start function and 12 are values: not part of WASI 0.2, and the latter hold any text.
      throw new ModuleFormatError(`section ${id} is not supported`);
  }
  if (!reader.done) {
    throw new ModuleFormatError(`section ${id} has bytes left over at ${reader.position}`);
  }
}

function readImports(section: PartReader): void {
  const imports = new ExternNames();
  section.each("imports", () => imports.add(section.externName(), section.externDescription()));
  section.noteExterns("import", imports);
}

function readExports(section: PartReader): void {
  const { reader } = section;
  const exports = new ExternNames();
  section.each("exports", () => {
    exports.add(section.externName(), section.sort());
    reader.u32();
    const ascribed = reader.byte();
    if (ascribed === 1) section.externDescription();
    else if (ascribed !== 0) section.fail("kind of export");
  });
  section.noteExterns("export", exports);
}

function readCoreModule(bytes: Uint8Array, where: string, lists: NameLists): void {
  const module = readModule(bytes);
  if (module.kind !== "core") throw new ModuleFormatError(`${where} is a component`);
  lists.add("core import module", where, [...new Set(module.imports.map((entry) => entry.module))]);
  lists.add(
    "core import field",
    where,
    module.imports.map((entry) => entry.name),
  );
  lists.add(
    "core export",
    where,
    module.exports.map((entry) => entry.name),
  );
  const custom = module.sections.filter(({ id }) => id === SECTION_CUSTOM);
  lists.add(
    "custom section",
    where,
    custom.map(({ content, end }) => new ByteReader(bytes, content, end).name(MAX_NAME_BYTES)),
  );
}
