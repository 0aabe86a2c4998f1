import type { IncomingMessage, ServerResponse } from "node:http";

/** Largest request body, in bytes: what is pushed is held in memory. */
const MAX_BODY_BYTES = 512 * 2 ** 20;

/** Error codes of the distribution specification, with the status that each has. */
const STATUS_BY_CODE = {
  UNAUTHORIZED: 401,
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 416,
  DIGEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  MANIFEST_BLOB_UNKNOWN: 404,
  MANIFEST_INVALID: 400,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  SIZE_INVALID: 413,
  UNSUPPORTED: 405,
} as const;

/** An answer of the registry that is an error; thrown by its routes. */
export class Refusal extends Error {
  readonly status: number;

  constructor(
    readonly code: keyof typeof STATUS_BY_CODE,
    message: string,
  ) {
    super(message);
    this.status = STATUS_BY_CODE[code];
  }
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** Writes an answer; of one to HEAD only the head. */
export function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
): void {
  const body = answer.body ?? new Uint8Array();
  response.writeHead(answer.status, {
    "docker-distribution-api-version": "registry/2.0",
    "content-length": String(body.byteLength),
    ...answer.headers,
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

export function answerOfRefusal({ status, code, message }: Refusal): Answer {
  return {
    status,
    headers: {
      "content-type": "application/json",
      ...(status === 401 ? { "www-authenticate": 'Basic realm="safedock/testing"' } : {}),
    },
    body: Buffer.from(JSON.stringify({ errors: [{ code, message }] })),
  };
}

export async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > MAX_BODY_BYTES) throw new Refusal("SIZE_INVALID", "the body is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
