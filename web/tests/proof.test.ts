import { expect, test, vi } from "vitest";
import { prove } from "../form/proof.ts";

test("a proof of work is the one that the service takes", async () => {
  // services/leads/tests/unit/test_form_proof.py has the same number.
  expect(await prove('{"name":"Zoë","_key":"k"}')).toBe('{"name":"Zoë","_key":"k","_proof":"498"}');
});

test("a page that can't compute one sends what it has", async () => {
  vi.stubGlobal("crypto", {});
  expect(await prove('{"name":"A"}')).toBe('{"name":"A"}');
  vi.unstubAllGlobals();
});
