// Writes the TypeScript types of the document `node openapi/types.mjs openapi.json` to standard output.

import { readFileSync } from "node:fs";

import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";

const { factory } = ts;

/** `string & {}`: any text, beside which an editor still offers the names that are listed. */
const anyText = factory.createIntersectionTypeNode([
  factory.createKeywordTypeNode(ts.SyntaxKind.StringKeyword),
  factory.createTypeLiteralNode([]),
]);

const types = await openapiTS(JSON.parse(readFileSync(process.argv[2], "utf8")), {
  alphabetize: true,
  defaultNonNullable: false,
  postTransform: (type, { path = "" }) => {
    // Operators add event types to the catalogue.
    if (/schemas\/(Subscription|ExampleType)$/.test(path)) return factory.createUnionTypeNode([type, anyText]);
    // TypeScript has no type that is a list of itself, by way of an index.
    if (path.endsWith("schemas/EventValue")) return factory.createKeywordTypeNode(ts.SyntaxKind.UnknownKeyword);
  },
});
console.log("// Made by openapi/types.mjs of the OpenAPI document. `UPDATE_SCHEMA=1 cargo xtask test` makes it again.\n");
process.stdout.write(astToString(types));
