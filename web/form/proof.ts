/** Proof of work, where a form asks for it: the first number by which the whole body, hashed a thousand times, begins with a zero byte.
 * The browser does it beside the page. A page without https has no such hash and sends without. */
const bytes = (text: string) => new TextEncoder().encode(text);

export async function prove(body: string): Promise<string> {
  const { subtle } = crypto;
  for (let n = 0; subtle; n++) {
    const key = await subtle.importKey("raw", bytes(`${n}`), "PBKDF2", false, ["deriveBits"]);
    const [first] = new Uint8Array(await subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: bytes(body), iterations: 1000 }, key, 8));
    if (!first) return `${body.slice(0, -1)},"_proof":"${n}"}`;
  }
  return body;
}
