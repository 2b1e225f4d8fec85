//! Which versions count as one major version.

use super::runs::{Number, Run, Runs, numbers};
use super::semver::Parts;
use super::{Scheme, debian, pypi};

pub(super) fn same(scheme: Scheme, a: &str, b: &str) -> bool {
    match scheme {
        // A caret takes the first number that is not zero, however far behind it stands.
        Scheme::Cargo | Scheme::Npm | Scheme::Packagist => leading(a, b, 3),
        Scheme::Semver | Scheme::Nuget | Scheme::Pub | Scheme::Hex | Scheme::Swift | Scheme::Actions => {
            leading(a, b, 2)
        }
        Scheme::Go => leading(a.trim_start_matches("go"), b.trim_start_matches("go"), 2),
        // Haskell's versioning policy: the first two numbers are the major version.
        Scheme::Hackage => Runs(a).take(2).eq(Runs(b).take(2)),
        Scheme::Pypi => epoch_and_first(a) == epoch_and_first(b),
        Scheme::Debian | Scheme::Redhat => {
            let ((a_epoch, a), (b_epoch, b)) = (debian::epoch(a), debian::epoch(b));
            a_epoch == b_epoch && first(a) == first(b)
        }
        Scheme::Maven | Scheme::RubyGems | Scheme::Cran | Scheme::Conan | Scheme::Alpine => first(a) == first(b),
    }
}

/// Whether the numbers are the same up to the first that is not zero, of which at most `limit` are looked at.
fn leading(a: &str, b: &str, limit: usize) -> bool {
    let (mut a, mut b) = (numbers(Parts::new(a).numbers), numbers(Parts::new(b).numbers));
    for _ in 0..limit {
        let number = a.next().unwrap_or(Number::ZERO);
        if number != b.next().unwrap_or(Number::ZERO) {
            return false;
        }
        if !number.is_zero() {
            return true;
        }
    }
    true
}

fn epoch_and_first(version: &str) -> (Number<'_>, Number<'_>) {
    pypi::Version::parse(version)
        .map_or((Number::ZERO, first(version)), |version| (version.epoch, first(version.release)))
}

fn first(version: &str) -> Number<'_> {
    let number = |run| if let Run::Number(number) = run { Some(number) } else { None };
    Runs(version).find_map(number).unwrap_or(Number::ZERO)
}
