// An OpenID Connect provider for the tests: `node provider.mjs PORT REDIRECT_URI [ISSUER]`. It says `ready` when it answers.
// Whoever signs in says who they are: the sign-in name is the JSON of their claims, `sub` among them.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [port, redirect, issuer = `http://localhost:${port}`] = process.argv.slice(2);

const provider = new Provider(issuer, {
  clients: [{ client_id: "practicestudio", client_secret: "a secret of the provider", redirect_uris: [redirect], grant_types: ["authorization_code"], response_types: ["code"], subject_type: "pairwise" }],
  subjectTypes: ["pairwise"],
  pairwiseIdentifier: (_, id) => JSON.parse(id).sub,
  claims: { openid: ["sub", "amr"], email: ["email", "email_verified"], groups: ["groups"] },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true } },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => JSON.parse(id),
  }),
  // What people have agreed to is not asked.
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope("openid email groups");
    await grant.save();
    return grant;
  },
});

createServer(provider.callback()).listen(Number(port), "127.0.0.1", () => process.stdout.write("ready\n"));
