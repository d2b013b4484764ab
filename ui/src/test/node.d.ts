// The little of Node that tests use: a server that sees whether anything calls out.
declare module "node:http" {
  interface Server {
    listen(port: number, host: string, ready: () => void): void;
    address(): { port: number };
    close(): void;
  }
  export function createServer(
    onRequest: (request: { url: string }, response: { end(): void }) => void,
  ): Server;
}

// And what the build reads, and the tests: a name alone is looked for from the folder of the interface.
declare module "node:fs" {
  export function readdirSync(path: URL): string[];
  export function readFileSync(path: URL | string): Uint8Array;
}
