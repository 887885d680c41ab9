//! The generated documents beside the sources say what the code says.

use serde_json::Value;

fn check(file: &str, command: &str, made: &Value) {
    let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let kept: Value = serde_json::from_str(&text).unwrap_or_default();
    assert!(kept == *made, "schemas/{file} is out of date: cargo run -- schema {command} > schemas/{file}");
}

#[test]
fn the_json_schemas_beside_the_sources_are_those_of_the_code() {
    check("json-schema.json", "json", &hes_schemas::schema::json_schemas());
}

#[test]
fn the_asyncapi_document_beside_the_sources_is_that_of_the_code() {
    check("asyncapi.json", "asyncapi", &hes_schemas::asyncapi());
}
