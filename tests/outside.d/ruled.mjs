// The provider of `provider.py` whose answers come from rules: each request is handed on, whole, to the test that started it,
// and what that says goes back in OpenAI's format.
//
// `node ruled.mjs LIBRARY ADDRESS`: the library's entry, and where the rules listen.
const [library, rules] = process.argv.slice(2);
const { LLMock } = await import(library);

const provider = new LLMock({ port: 0, chunkSize: 400, journalMaxEntries: 10_000 });
provider.on({ predicate: () => true }, async (request) => {
  const answered = await fetch(rules, { method: "POST", body: JSON.stringify(request) });
  return await answered.json();
});
await provider.start();
console.log(`listening on ${provider.url}`);
