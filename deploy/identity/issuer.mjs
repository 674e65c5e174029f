// The local stack's issuer: node issuer.mjs URL HOME. People sign in by the code flow, machines by their client's secret.
// It is for this machine alone: an address that others could reach is refused.

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import Provider, { interactionPolicy } from "oidc-provider";

const [issuer, home] = process.argv.slice(2);
const at = new URL(issuer);
if (at.protocol !== "http:" || !["127.0.0.1", "localhost"].includes(at.hostname)) {
  console.error(`This issuer answers on this machine only, not at ${at.host}: its people are a demo's.`);
  process.exit(2);
}
const read = (...path) => readFileSync(join(home, ...path), "utf8");
const machines = JSON.parse(read("keys", "machines.json")); // client id -> {secret, scope}
const people = () => JSON.parse(read("issuer", "people.json")); // principal -> what he is; read anew, as the market may change it

const AUDIENCE = "tributary";
const RESOURCE = "urn:tributary";
const PERSON_S = 300; // what somebody's rights are is asked anew at every request; this is how long a stolen token serves
const MACHINE_S = 3600;

const policy = interactionPolicy.base();
policy.remove("consent"); // it is one product: there is nobody to whom somebody might consent

const provider = new Provider(issuer, {
  jwks: JSON.parse(read("keys", "issuer.jwks")),
  cookies: { keys: [randomBytes(32).toString("base64url")] },
  clients: [
    {
      client_id: "tributary-web",
      application_type: "native", // RFC 8252: any port of this machine
      token_endpoint_auth_method: "none",
      redirect_uris: ["http://127.0.0.1/signed-in", "http://localhost/signed-in", "http://127.0.0.1/auth/callback"],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
    },
    ...Object.entries(machines).map(([client_id, { secret, scope }]) => ({
      client_id,
      client_secret: secret,
      scope,
      redirect_uris: [],
      grant_types: ["client_credentials"],
      response_types: [],
    })),
  ],
  clientDefaults: { id_token_signed_response_alg: "ES256" },
  enabledJWA: { idTokenSigningAlgValues: ["ES256"] },
  scopes: ["openid", ...new Set(Object.values(machines).flatMap(({ scope }) => scope.split(" ")))],
  responseTypes: ["code"],
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: async (ctx, client) => client.grantTypeAllowed("refresh_token"),
  clientBasedCORS: (ctx, origin) => ["127.0.0.1", "localhost"].includes(new URL(origin).hostname),
  ttl: { AccessToken: PERSON_S, ClientCredentials: MACHINE_S, IdToken: PERSON_S, RefreshToken: 12 * 3600, Session: 12 * 3600, Grant: 12 * 3600, Interaction: 600 },
  findAccount: (ctx, id) => (id in people() ? { accountId: id, claims: () => ({ sub: id }) } : undefined),
  // A token says who, by what means and since when; never what he may see.
  extraTokenClaims: (ctx, token) => {
    const signIn = ctx.oidc.entities.AuthorizationCode ?? ctx.oidc.entities.RefreshToken;
    return token.kind === "AccessToken" && signIn ? { amr: signIn.amr, auth_time: signIn.authTime } : undefined;
  },
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope("openid");
    await grant.save();
    return grant;
  },
  renderError: (ctx, { error, error_description: why }) => {
    ctx.type = "text/plain";
    ctx.body = why ? `${error}: ${why}\n` : `${error}\n`;
  },
  interactions: { policy, url: (ctx, interaction) => `/sign-in/${interaction.uid}` },
  features: {
    devInteractions: { enabled: false },
    userinfo: { enabled: false },
    revocation: { enabled: true },
    rpInitiatedLogout: { enabled: false }, // its page would load fonts from elsewhere; prompt=login signs in anew
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => RESOURCE,
      useGrantedResource: () => true,
      getResourceServerInfo: (ctx, resource, client) => ({
        audience: AUDIENCE,
        scope: client.scope ?? "",
        accessTokenFormat: "jwt",
        accessTokenTTL: client.grantTypeAllowed("client_credentials") ? MACHINE_S : PERSON_S,
        jwt: { sign: { alg: "ES256" } },
      }),
    },
  },
});

const library = provider.callback();
const digest = (text) => createHash("sha256").update(text).digest();
const safe = (text) => text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
const page = (uid, wrong) => `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sign in to Tributary</title><style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:26rem;margin:4rem auto;padding:0 1rem}
label{display:block;margin:1rem 0 .25rem}select,input,button{font:inherit;width:100%;box-sizing:border-box;padding:.5rem}button{margin-top:1.5rem}</style>
<h1>Sign in</h1><p>These people play in the demo. The word is in <code>.local/keys/sign-in</code>.</p>
${wrong ? `<p role="alert">That is not the word of this stack.</p>` : ""}
<form method="post" action="/sign-in/${safe(uid)}"><label for="person">Who</label><select id="person" name="person">
${Object.entries(people()).map(([id, what]) => `<option value="${safe(id)}">${safe(id)} (${safe(what)})</option>`).join("\n")}
</select><label for="word">Word</label><input id="word" name="word" type="password" required autofocus autocomplete="current-password">
<button>Sign in</button></form></html>`;

const form = async (request) => {
  let body = "";
  for await (const part of request) {
    body += part;
    if (body.length > 4096) throw new Error("the form is too large");
  }
  return new URLSearchParams(body);
};

// The library's own routes are all others. A page of another site can't be the one that asks: its name would be in Host.
const answer = async (request, response) => {
  const path = new URL(request.url, issuer).pathname;
  if (request.headers.host !== at.host && request.headers.host !== `localhost:${at.port}`) return response.writeHead(421).end();
  if (!path.startsWith("/sign-in/")) return library(request, response);
  const { uid } = await provider.interactionDetails(request, response);
  let wrong = false;
  if (request.method === "POST") {
    const given = await form(request);
    const person = given.get("person") ?? "";
    if (person in people() && timingSafeEqual(digest(given.get("word") ?? ""), digest(read("keys", "sign-in").trim())))
      return provider.interactionFinished(request, response, { login: { accountId: person, amr: ["pwd"] } });
    wrong = true;
  }
  response.writeHead(wrong ? 401 : 200, {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  });
  return response.end(page(uid, wrong));
};

const server = createServer((request, response) => {
  answer(request, response).catch((failure) => {
    console.error(`${failure.name}: ${failure.message}`); // neither the form nor a token is in it
    if (!response.headersSent) response.writeHead(failure.statusCode ?? 400);
    response.end();
  });
});
server.listen(Number(at.port), at.hostname, () => console.log(`The issuer answers at ${issuer}.`));
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
