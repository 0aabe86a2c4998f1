import { filesystemConformance } from "../conformance.js";
import { HostFixture } from "./host-fixture.js";

filesystemConformance("a host directory", () => {
  const host = new HostFixture();
  return {
    // "any": the suite makes links that a mount of the host refuses.
    root: host.open({ access: "read-write", links: "any" }),
    close: () => host.remove(),
  };
});
