/** The registries that most images are on, each as its documentation says that it behaves. */
import { describe, expect, it } from "vitest";
import { parseReference } from "../../src/oci/reference.js";
import { rejectionOf } from "../support/thrown-by.js";
import { basic, challenge, startVendor, type Seen, type VendorPlan } from "./vendor.js";

const query = ({ request }: Seen) => new URL(request.split(" ")[1] ?? "").searchParams;
const form = ({ body }: Seen) => Object.fromEntries(new URLSearchParams(body));

describe("Docker Hub", () => {
  const storage = "production.cloudflare.docker.com";
  const ada = basic("ada", "dckr_pat_1");

  /** Its token server is a host of its own; anonymous tokens and those of users differ. */
  function plan(refuse: VendorPlan["refuse"] = () => undefined): VendorPlan {
    return {
      hosts: ["registry-1.docker.io", "auth.docker.io", storage],
      registryHost: "registry-1.docker.io",
      storage,
      token: (request) => {
        if (!request.request.startsWith("GET https://auth.docker.io/token?")) return undefined;
        if (request.authorization !== undefined && request.authorization !== ada) {
          return { status: 401, json: { details: "incorrect username or password" } };
        }
        const token = request.authorization === undefined ? "anonymous" : "of-ada";
        const issued_at = "2026-01-01T00:00:00Z";
        return { status: 200, json: { token, access_token: token, expires_in: 300, issued_at } };
      },
      refuse: (request) => {
        const repository = /\/v2\/(.+)\/(?:manifests|blobs)\//.exec(request.request)?.[1];
        const scope = `repository:${repository}:pull`;
        return request.authorization?.startsWith("Bearer ") === true
          ? refuse(request)
          : challenge(
              `Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="${scope}"`,
            );
      },
    };
  }

  it("gives anonymous tokens for public images; official ones are in library/", async () => {
    await using vendor = await startVendor(plan());
    const { registry, repository } = parseReference("hello");
    expect((await vendor.pull(registry, repository)).layer).toBe("layer");
    const [asked, ...more] = vendor.at("auth.docker.io");
    expect(more).toEqual([]);
    expect(asked?.authorization).toBeUndefined();
    expect(Object.fromEntries(query(asked))).toEqual({
      service: "registry.docker.io",
      scope: "repository:library/hello:pull",
    });
    expect(vendor.at(storage).map(({ authorization }) => authorization)).toEqual([undefined]);
  });

  it("takes user and access token at its token server alone", async () => {
    await using vendor = await startVendor(plan());
    const credentials = { username: "ada", password: "dckr_pat_1" };
    await vendor.pull("docker.io", "acme/private", { credentials });
    expect(vendor.at("auth.docker.io").map(({ authorization }) => authorization)).toEqual([ada]);
    expect(vendor.at("registry-1.docker.io").map(({ authorization }) => authorization)).toEqual([
      undefined,
      "Bearer of-ada",
      "Bearer of-ada",
    ]);
    const wrong = { username: "ada", password: "old" };
    const error = await rejectionOf(
      vendor.pull("docker.io", "acme/private", { credentials: wrong }),
    );
    expect(error).toMatchObject({
      code: "ERR_REGISTRY_UNAUTHORIZED",
      message: expect.stringContaining("incorrect username or password"),
    });
  });

  it("is over its limit at once, and says that a login helps", async () => {
    const errors = [{ code: "TOOMANYREQUESTS", message: "You have reached your pull rate limit." }];
    const headers = {
      "ratelimit-limit": "100;w=21600",
      "ratelimit-remaining": "0;w=21600",
      "docker-ratelimit-source": "192.0.2.1",
    };
    await using vendor = await startVendor(
      plan(() => ({ status: 429, json: { errors }, headers })),
    );
    const error = await rejectionOf(vendor.pull("docker.io", "library/hello"));
    expect(error).toMatchObject({
      code: "ERR_REGISTRY_RATE_LIMITED",
      message: expect.stringContaining("TOOMANYREQUESTS"),
      hint: expect.stringContaining("log in"),
    });
    expect(vendor.at("registry-1.docker.io")).toHaveLength(2);
    const credentials = { username: "ada", password: "dckr_pat_1" };
    const known = await rejectionOf(vendor.pull("docker.io", "library/hello", { credentials }));
    expect(known).toMatchObject({ hint: "try again later" });
  });
});

describe("GHCR", () => {
  const storage = "pkg-containers.githubusercontent.com";
  const plan: VendorPlan = {
    hosts: ["ghcr.io", storage],
    registryHost: "ghcr.io",
    storage,
    token: ({ request, authorization }) => {
      if (!request.startsWith("GET https://ghcr.io/token?")) return undefined;
      if (request.includes("private") && authorization !== basic("acme", "ghp_1")) {
        return { status: 403, json: { errors: [{ code: "DENIED", message: "denied" }] } };
      }
      return { status: 200, json: { token: "djE6" } };
    },
    refuse: ({ authorization }) =>
      authorization === "Bearer djE6"
        ? undefined
        : challenge(
            'Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:user/image:pull"',
          ),
  };

  it("wants a token for public images too, and names another repository in its challenge", async () => {
    await using vendor = await startVendor(plan);
    expect((await vendor.pull("ghcr.io", "acme/hello")).layer).toBe("layer");
    expect(vendor.at(storage).map(({ authorization }) => authorization)).toEqual([undefined]);
  });

  it("takes a personal access token as a password", async () => {
    await using vendor = await startVendor({
      ...plan,
      refuse: ({ request, authorization }) =>
        authorization === "Bearer djE6"
          ? undefined
          : challenge(
              `Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:${/v2\/(.+)\/manifests/.exec(request)?.[1]}:pull"`,
            ),
    });
    const credentials = { username: "acme", password: "ghp_1" };
    await vendor.pull("ghcr.io", "acme/private", { credentials });
    expect(await rejectionOf(vendor.pull("ghcr.io", "acme/private"))).toMatchObject({
      code: "ERR_REGISTRY_FORBIDDEN",
    });
  });
});

describe("Amazon ECR", () => {
  const host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
  const storage = "prod-eu-west-1-starport-layer-bucket.s3.eu-west-1.amazonaws.com";
  let valid = "twelve-hours-1";
  const plan: VendorPlan = {
    hosts: [host, storage],
    registryHost: host,
    storage,
    refuse: ({ authorization }) => {
      if (authorization === basic("AWS", valid)) return undefined;
      const service =
        'Basic realm="https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/",service="ecr.amazonaws.com"';
      return authorization === undefined
        ? challenge(service)
        : {
            ...challenge(service),
            json: {
              errors: [
                {
                  code: "DENIED",
                  message: "Your authorization token has expired. Reauthenticate and try again.",
                },
              ],
            },
          };
    },
  };

  it("takes the user AWS by Basic, and keeps it from the bucket", async () => {
    await using vendor = await startVendor(plan);
    const credentials = { username: "AWS", password: valid };
    expect((await vendor.pull(host, "hello", { credentials })).layer).toBe("layer");
    expect(vendor.at(storage).map(({ authorization }) => authorization)).toEqual([undefined]);
    expect(vendor.at(host)).toHaveLength(3);
  });

  it("lets a password run out after twelve hours: the source is asked for the next", async () => {
    await using vendor = await startVendor(plan);
    let calls = 0;
    const credentials = () => {
      calls++;
      return { username: "AWS", password: valid };
    };
    await using session = vendor.open(host, { credentials });
    await session.fetchManifest("hello", "1");
    await session.fetchManifest("hello", "1");
    expect(calls).toBe(1);
    valid = "twelve-hours-2";
    await session.fetchManifest("hello", "1");
    expect(calls).toBe(2);
    const stale = { username: "AWS", password: "twelve-hours-1" };
    expect(await rejectionOf(vendor.pull(host, "hello", { credentials: stale }))).toMatchObject({
      code: "ERR_REGISTRY_UNAUTHORIZED",
      message: expect.stringContaining("expired"),
    });
  });
});

describe("Google Artifact Registry", () => {
  const host = "europe-west3-docker.pkg.dev";
  const key = JSON.stringify({ type: "service_account", private_key: "-----BEGIN\n" }, null, 2);
  const plan: VendorPlan = {
    hosts: [host],
    registryHost: host,
    token: ({ request, authorization }) => {
      if (!request.includes(`https://${host}/v2/token`)) return undefined;
      // Google's has no POST.
      if (!request.startsWith("GET ")) return { status: 404 };
      return authorization === basic("oauth2accesstoken", "ya29.a0") ||
        authorization === basic("_json_key", key)
        ? { status: 200, json: { token: "gar", expires_in: 3600 } }
        : {
            status: 403,
            json: { errors: [{ code: "DENIED", message: "Unauthenticated request" }] },
          };
    },
    refuse: ({ authorization }) =>
      authorization === "Bearer gar"
        ? undefined
        : challenge(
            `Bearer realm="https://${host}/v2/token",service="${host}",scope="repository:project/repo/hello:pull"`,
          ),
  };

  it.each([
    ["an access token", "oauth2accesstoken", "ya29.a0"],
    ["a service account's key, lines and all", "_json_key", key],
  ])("takes %s", async (_, username, password) => {
    await using vendor = await startVendor(plan);
    const credentials = { username, password };
    expect((await vendor.pull(host, "project/repo/hello", { credentials })).layer).toBe("layer");
  });

  it("refuses strangers with its own words", async () => {
    await using vendor = await startVendor(plan);
    expect(await rejectionOf(vendor.pull(host, "project/repo/hello"))).toMatchObject({
      code: "ERR_REGISTRY_FORBIDDEN",
      message: expect.stringContaining("Unauthenticated request"),
    });
  });
});

describe("Harbor", () => {
  const host = "harbor.example.com";
  const robot = basic("robot$project+ci", "h4rb0r");
  const plan: VendorPlan = {
    hosts: [host, "minio.example.com"],
    registryHost: host,
    storage: "minio.example.com",
    token: ({ request, authorization }) => {
      if (!request.includes(`https://${host}/service/token`)) return undefined;
      if (!request.startsWith("GET ")) return { status: 405 };
      return authorization === robot
        ? {
            status: 200,
            json: { token: "jwt", expires_in: 1800, issued_at: "2026-01-01T00:00:00Z" },
          }
        : { status: 401, json: { errors: [{ code: "UNAUTHORIZED", message: "unauthorized" }] } };
    },
    refuse: ({ authorization }) =>
      authorization === "Bearer jwt"
        ? undefined
        : challenge(
            `Bearer realm="https://${host}/service/token",service="harbor-registry",scope="repository:project/hello:pull"`,
          ),
  };

  it("takes robots of projects, and sends to its storage without their secret", async () => {
    await using vendor = await startVendor(plan);
    const credentials = { username: "robot$project+ci", password: "h4rb0r" };
    expect((await vendor.pull(host, "project/hello", { credentials })).layer).toBe("layer");
    expect(query(vendor.at(host)[1]).get("service")).toBe("harbor-registry");
    expect(vendor.at("minio.example.com").map(({ authorization }) => authorization)).toEqual([
      undefined,
    ]);
  });

  it("knows no POST: an identity token goes there by GET", async () => {
    await using vendor = await startVendor(plan);
    const credentials = { identityToken: "h4rb0r", username: "robot$project+ci" };
    await vendor.pull(host, "project/hello", { credentials });
    const asked = vendor.at(host).filter(({ request }) => request.includes("/service/token"));
    expect(asked.map(({ request }) => request.split(" ")[0])).toEqual(["POST", "GET"]);
  });
});

describe("Quay", () => {
  const host = "quay.io";
  const plan: VendorPlan = {
    hosts: [host, "cdn01.quay.io"],
    registryHost: host,
    storage: "cdn01.quay.io",
    token: ({ request, authorization }) => {
      if (!request.startsWith(`GET https://${host}/v2/auth?`)) return undefined;
      const isKnown = [
        undefined,
        basic("$oauthtoken", "q4y"),
        basic("acme+robot", "r0b0t"),
      ].includes(authorization);
      return isKnown
        ? { status: 200, json: { token: authorization === undefined ? "public" : "private" } }
        : { status: 401, json: { error: "Invalid username or password" } };
    },
    refuse: ({ request, authorization }) => {
      const isOpen = authorization === "Bearer public" && request.includes("/open/");
      return isOpen || authorization === "Bearer private"
        ? undefined
        : challenge(
            `Bearer realm="https://${host}/v2/auth",service="quay.io",scope="repository:acme/hello:pull"`,
          );
    },
  };

  it.each([
    ["an OAuth token", "$oauthtoken", "q4y"],
    ["a robot account", "acme+robot", "r0b0t"],
  ])("takes %s", async (_, username, password) => {
    await using vendor = await startVendor(plan);
    const credentials = { username, password };
    expect((await vendor.pull(host, "acme/hello", { credentials })).layer).toBe("layer");
    expect(vendor.at("cdn01.quay.io").map(({ authorization }) => authorization)).toEqual([
      undefined,
    ]);
  });

  it("gives anonymous tokens; one that does not suffice is not asked for again and again", async () => {
    await using vendor = await startVendor(plan);
    expect((await vendor.pull(host, "acme/open/x")).layer).toBe("layer");
    const before = vendor.seen.length;
    expect(await rejectionOf(vendor.pull(host, "acme/hello"))).toMatchObject({
      code: "ERR_REGISTRY_UNAUTHORIZED",
    });
    expect(vendor.seen.length - before).toBe(3);
  });
});

describe("Azure Container Registry", () => {
  const host = "contoso.azurecr.io";
  const storage = "weu.data.azurecr.io";
  const nobody = "00000000-0000-0000-0000-000000000000";
  const plan: VendorPlan = {
    hosts: [host, storage],
    registryHost: host,
    storage,
    token: (request) => {
      if (!request.request.includes(`https://${host}/oauth2/token`)) return undefined;
      if (request.request.startsWith("GET ")) {
        return request.authorization === basic(nobody, "refresh")
          ? { status: 200, json: { access_token: "acr" } }
          : challenge("Basic");
      }
      const { grant_type, service, refresh_token } = form(request);
      return grant_type === "refresh_token" && service === host && refresh_token === "refresh"
        ? { status: 200, json: { access_token: "acr" } }
        : challenge("Bearer");
    },
    refuse: ({ authorization }) =>
      authorization === "Bearer acr"
        ? undefined
        : challenge(
            `Bearer realm="https://${host}/oauth2/token",service="${host}",scope="repository:hello:pull"`,
          ),
  };

  it.each([
    ["the identity token that az acr login leaves", { identityToken: "refresh", username: nobody }],
    ["the same as a password", { username: nobody, password: "refresh" }],
  ])("takes %s", async (_, credentials) => {
    await using vendor = await startVendor(plan);
    expect((await vendor.pull(host, "hello", { credentials })).layer).toBe("layer");
  });
});
