//! What is refused, and what is said about it. The same messages come from the compiler without the attribute where
//! the mistake is in the function itself.

#[test]
fn mistakes_are_told_at_their_place() {
    trybuild::TestCases::new().compile_fail("mistakes/*.rs");
}

/// An argument that some functions of a block do not have is no mistake; one that none of them has is misspelt.
#[test]
fn an_argument_that_nothing_in_a_block_has_is_unknown() {
    trybuild::TestCases::new().compile_fail("unknown/*.rs");
}
