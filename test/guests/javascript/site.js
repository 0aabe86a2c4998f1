// A small site, as its owner would upload it: one listener for all requests, answers as streams, requests to
// another server, and some pages that misbehave.
let visits = 0;

const pages = {
  "/hello": ({ url }) => new Response(`Hello, ${url.searchParams.get("name") ?? "World"}!\n`),

  "/headers": ({ request }) => Response.json([...request.headers]),

  async "/sum"({ request }) {
    const { numbers } = await request.json();
    return Response.json({ sum: numbers.reduce((sum, one) => sum + one, 0) });
  },

  "/echo": ({ request }) =>
    new Response(request.body, { headers: { "content-type": "application/octet-stream" } }),

  "/ticks"({ url }) {
    const text = new TextEncoder();
    let left = Number(url.searchParams.get("count"));
    const body = new ReadableStream({
      async pull(controller) {
        if (left === 0) return controller.close();
        await new Promise((resolve) => setTimeout(resolve, 10));
        controller.enqueue(text.encode(`tick ${left--}\n`));
      },
    });
    return new Response(body, { headers: { "content-type": "text/plain" } });
  },

  "/visits": () => new Response(String(++visits)),

  "/clock"() {
    const times = [Date.now(), Date.now()];
    const dice = [Math.random(), Math.random()];
    return Response.json({ times, dice, uuid: crypto.randomUUID() });
  },

  "/log"() {
    console.log("to stdout");
    console.error("to stderr");
    return new Response(null, { status: 204 });
  },

  "/chatter"({ url }) {
    const lines = Number(url.searchParams.get("lines"));
    for (let line = 0; line < lines; line++) console.log(`line ${line}`);
    return new Response(`${lines} lines`);
  },

  async "/ask"({ url }) {
    try {
      const answer = await fetch(url.searchParams.get("url"), {
        method: "POST",
        headers: { "x-from": "the site" },
        body: "a question",
      });
      return Response.json({ status: answer.status, text: await answer.text() });
    } catch (error) {
      return Response.json({ failed: String(error) }, { status: 502 });
    }
  },

  async "/pass"({ url }) {
    const answer = await fetch(url.searchParams.get("url"));
    return new Response(answer.body, { status: answer.status });
  },

  "/throw"() {
    throw new TypeError("on purpose");
  },

  "/spin"() {
    for (;;);
  },

  "/eat"() {
    const kept = [];
    for (;;) kept.push(new Uint8Array(2 ** 20).fill(kept.length));
  },
};

addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const page = pages[url.pathname];
  if (page === undefined) return event.respondWith(new Response("no such page\n", { status: 404 }));
  event.respondWith(Promise.resolve().then(() => page({ request: event.request, url })));
});
