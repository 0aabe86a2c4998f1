import type { Container, DeniedEvent, Engine, SocketsGrant } from "safedock";
import { componentPath } from "../real-guests/components.js";

/** 127.0.0.1 and ::1 as guests have them. */
export const LOOPBACK = [127, 0, 0, 1];
export const LOOPBACK_6 = [0, 0, 0, 0, 0, 0, 0, 1];

export async function openGuest(
  engine: Engine,
  guest: "tcp" | "udp" | "lookup",
  sockets: SocketsGrant | undefined,
): Promise<Container> {
  const image = await engine.loadImage(componentPath(`services/${guest}`));
  return engine.createContainer(image, { grants: sockets === undefined ? {} : { sockets } });
}

/** All that is denied as long as `work` takes, as `call target`. */
export async function denialsOf(engine: Engine, work: () => Promise<unknown>) {
  const denied: DeniedEvent[] = [];
  const listener = (event: DeniedEvent): void => void denied.push(event);
  engine.on("denied", listener);
  try {
    await work();
  } finally {
    engine.off("denied", listener);
  }
  return denied.map(({ kind, call, path, grant }) => ({ kind, call, path, grant }));
}
