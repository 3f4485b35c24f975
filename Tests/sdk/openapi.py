"""Checks an OpenAPI document with openapi-spec-validator, and its examples against their own schemas.

Standard input: the document. Prints one line for each problem.
"""
import json
import sys

import jsonschema
from openapi_spec_validator import OpenAPIV31SpecValidator

document = json.load(sys.stdin)
for error in OpenAPIV31SpecValidator(document).iter_errors():
    print("/".join(str(part) for part in error.absolute_path), error.message)


def resolved(schema):
    """Returns a component for a reference to it."""
    if "$ref" not in schema:
        return schema
    found = document
    for part in schema["$ref"].split("/")[1:]:
        found = found[part]
    return found


def check(place, schema, example):
    validator = jsonschema.Draft202012Validator(
        resolved(schema), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    for error in validator.iter_errors(example):
        print(place, error.message)


def schemas(value):
    """Yields all schemas with examples in a schema."""
    if isinstance(value, dict):
        if isinstance(value.get("examples"), list):
            yield value
        for member in value.values():
            yield from schemas(member)
    elif isinstance(value, list):
        for element in value:
            yield from schemas(element)


for path, methods in document["paths"].items():
    for method, operation in methods.items():
        place = f"{method} {path}"
        for schema in schemas(operation):
            for example in schema["examples"]:
                check(place, schema, example)
        for status, response in operation["responses"].items():
            for media in response.get("content", {}).values():
                if "example" in media:
                    check(f"{place} {status}", media["schema"], media["example"])
                for example in media.get("examples", {}).values():
                    check(f"{place} {status}", media["schema"], example["value"])
