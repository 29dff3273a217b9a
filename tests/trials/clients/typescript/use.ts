// Uses a generated client: signs in, posts, repeats, is refused, reads. Its types are the test as much as its answers.

import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

const [url, username, password] = process.argv.slice(2);
assert(url && username && password);
const client = createClient<paths>({ baseUrl: url });

const registered = await client.POST("/api/auth/register", { body: { username, password } });
assert(registered.data, JSON.stringify(registered.error));
const token: string = registered.data.token;
client.use({
  onRequest({ request }) {
    request.headers.set("Authorization", `Bearer ${token}`);
    return request;
  },
});

const opened = await client.POST("/api/ledgers", { body: { currency: "EUR", chart: "small-business" } });
assert(opened.data, JSON.stringify(opened.error));
const ledger = String(opened.data.id);

type Posting = components["schemas"]["PostingInput"];
const postings: Posting[] = [
  { account: "Assets:Typed", debit: "12.50", currency: "EUR" },
  { account: "Income:Typed", credit: "12.50", currency: "EUR" },
];
// @ts-expect-error an account is no part of the body's shape
const misspelled: Posting = { acount: "Assets:Typed", amount: "1.00", currency: "EUR" };
assert(misspelled);

for (const path of ["Assets:Typed", "Income:Typed"]) {
  const { error } = await client.POST("/api/ledgers/{ledger}/accounts", { params: { path: { ledger } }, body: { path } });
  assert(!error, JSON.stringify(error));
}

const sale = { params: { path: { ledger }, header: { "Idempotency-Key": "sale-1" } } };
const body = { date: "2026-01-31", description: "Typed", postings };
const posted = await client.POST("/api/ledgers/{ledger}/transactions", { ...sale, body });
assert(posted.data, JSON.stringify(posted.error));
assert.equal(posted.response.status, 201);
const repeated = await client.POST("/api/ledgers/{ledger}/transactions", { ...sale, body });
assert.equal(repeated.response.headers.get("Idempotent-Replayed"), "true");
assert.deepEqual(repeated.data, posted.data);

const refused = await client.POST("/api/ledgers/{ledger}/transactions", {
  params: { path: { ledger } },
  body: { ...body, postings: [{ ...postings[0]!, debit: "13.00" }, postings[1]!] },
});
assert(refused.error && !refused.data);
const code: components["schemas"]["Problem"]["code"] = refused.error.code;
switch (code) {
  case "unbalanced":
    assert.equal(refused.error.difference, "0.50");
    assert.equal(refused.error.errors?.[0]?.pointer, "#/postings");
    break;
  // @ts-expect-error there is no such code
  case "unballanced":
    assert.fail();
  default:
    assert.fail(code);
}

assert("size" in posted.data);
const read = await client.GET("/api/ledgers/{ledger}/balances", {
  params: { path: { ledger }, query: { account: "Assets:Typed", min_size: posted.data.size } },
});
assert(read.data, JSON.stringify(read.error));
const balance: string | undefined = read.data.balances[0]?.balance;
assert.equal(balance, "12.50");

const etag = read.response.headers.get("ETag");
assert(etag);
const unchanged = await client.GET("/api/ledgers/{ledger}/balances", {
  params: {
    path: { ledger },
    query: { account: "Assets:Typed", min_size: posted.data.size },
    header: { "If-None-Match": etag },
  },
});
assert.equal(unchanged.response.status, 304);

const unknown = await client.GET("/api/ledgers/{ledger}/balances", {
  // @ts-expect-error a misspelled parameter
  params: { path: { ledger }, query: { efective: "2026-01-31" } },
});
assert(unknown.error);
assert.equal(unknown.error.nearest, "effective");
console.log(`posted ${posted.data.id} and read ${balance}`);
