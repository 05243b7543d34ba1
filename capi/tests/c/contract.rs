use crate::clients::through_shared;
use crate::has_c;

const CONTRACT: &str = include_str!("../../../docs/contract.md");

/// Returns the rows of the tables: each row's name, and the tests that its last column names.
fn rows() -> impl Iterator<Item = (String, Vec<&'static str>)> {
    let rows = CONTRACT
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.filter_map(|row| {
        let (name, in_c) = (row.split(' ').next()?, row.rsplit(" | ").next()?);
        let (letter, digits) = name.split_at_checked(1)?;
        let is_row = matches!(letter, "R" | "A" | "C") && digits.parse::<u32>().is_ok();
        is_row.then(|| (name.to_lowercase(), quoted(in_c)))
    })
}

fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_row_has_a_c_test_that_ran() {
    if !has_c("the contract in C") {
        return;
    }
    let passed = through_shared();
    let mut count = 0;
    for (row, named) in rows() {
        assert!(!named.is_empty(), "{row} names no C test");
        for name in named {
            assert!(
                name.starts_with(&format!("{row}_")),
                "{name} is not of {row}"
            );
            assert!(passed.contains(name), "{name} did not run");
        }
        let of_row = passed
            .iter()
            .filter(|name| name.starts_with(&format!("{row}_")));
        for name in of_row {
            assert!(
                CONTRACT.contains(name.as_str()),
                "{name} is not in the table"
            );
        }
        count += 1;
    }
    assert_eq!(count, 18, "rows");
}
