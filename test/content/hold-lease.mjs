// A process of its own: takes a lease on a digest, or collects, says so, and waits to be killed.
const [storeModule, root, what, digest] = process.argv.slice(2);
const { ContentStore } = await import(storeModule);
const { leases } = await ContentStore.open(root);

const stay = () =>
  new Promise(() => {
    process.stdout.write("ready\n");
    setInterval(() => undefined, 1000);
  });
if (what === "hold") await leases.hold([digest]);
if (what === "use") await leases.use([digest]);
await (what === "collect" ? leases.collect(stay) : stay());
