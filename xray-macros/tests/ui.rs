//! What is refused, and what is said about it. The same messages come from the compiler without the attribute where
//! the mistake is in the function itself.

#[test]
fn mistakes_are_told_at_their_place() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
