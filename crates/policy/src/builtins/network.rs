//! Addresses and ranges of them: `net.cidr_*`.

use std::net::IpAddr;

use regorus::Value;

use super::arguments::{at, refuse, text};
use super::deprecated::set;
use super::{Builtin, Refusal};
use crate::module::Limits;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "net.cidr_overlap",
        arity: 2,
        call: |a, _| Ok(Value::Bool(range(text(a, 0)?)?.contains(&range(text(a, 1)?)?))),
    },
    Builtin {
        name: "net.cidr_intersects",
        arity: 2,
        call: |a, _| Ok(Value::Bool(range(text(a, 0)?)?.intersects(&range(text(a, 1)?)?))),
    },
    Builtin { name: "net.cidr_contains_matches", arity: 2, call: |a, _| matches(at(a, 0)?, at(a, 1)?) },
    Builtin { name: "net.cidr_merge", arity: 1, call: |a, _| merge(at(a, 0)?) },
    // The interpreter's own makes as many addresses as the range has.
    Builtin { name: "net.cidr_expand", arity: 1, call: |a, limits| expand(&range(text(a, 0)?)?, limits) },
];

/// A range of addresses, one address being the smallest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Network {
    is_v6: bool,
    first: u128,
    pub(super) prefix: u32,
}

impl Network {
    pub(super) fn read(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let (is_v6, bits) = match address.parse::<IpAddr>().ok()? {
            IpAddr::V4(address) => (false, u128::from(address.to_bits())),
            IpAddr::V6(address) => (true, address.to_bits()),
        };
        let mut network = Self { is_v6, first: bits, prefix: if is_v6 { 128 } else { 32 } };
        network.prefix = prefix.filter(|_| prefix.is_some()).unwrap_or(network.prefix);
        if network.prefix > network.width() {
            return None;
        }
        network.first &= !network.host_mask();
        Some(network)
    }

    pub(super) fn width(&self) -> u32 {
        if self.is_v6 { 128 } else { 32 }
    }

    fn host_mask(&self) -> u128 {
        1_u128.checked_shl(self.width().saturating_sub(self.prefix)).map_or(u128::MAX, |size| size.wrapping_sub(1))
    }

    fn last(&self) -> u128 {
        self.first | self.host_mask()
    }

    pub(super) fn contains(&self, other: &Self) -> bool {
        self.is_v6 == other.is_v6 && self.first <= other.first && other.last() <= self.last()
    }

    fn intersects(&self, other: &Self) -> bool {
        self.is_v6 == other.is_v6 && self.first <= other.last() && other.first <= self.last()
    }

    fn address(&self, bits: u128) -> String {
        match u32::try_from(bits) {
            Ok(bits) if !self.is_v6 => std::net::Ipv4Addr::from_bits(bits).to_string(),
            _ => std::net::Ipv6Addr::from_bits(bits).to_string(),
        }
    }
}

fn range(text: &str) -> Result<Network, Refusal> {
    Network::read(text).ok_or_else(|| refuse(format!("{text} is no address and no range")))
}

/// Pairs of keys (or texts) of which the first's range contains the second's.
fn matches(ranges: &Value, addresses: &Value) -> Result<Value, Refusal> {
    let (ranges, addresses) = (keyed(ranges)?, keyed(addresses)?);
    let mut pairs = Vec::new();
    for (key, outer) in &ranges {
        for (other, inner) in &addresses {
            if outer.contains(inner) {
                pairs.push(Value::from(vec![key.clone(), other.clone()]));
            }
        }
    }
    Ok(set(pairs.into_iter()))
}

/// What a range is called: itself, its index, its key, or itself in a set.
fn keyed(value: &Value) -> Result<Vec<(Value, Network)>, Refusal> {
    let named = |key: Value, value: &Value| match value {
        Value::String(text) => Ok((key, range(text)?)),
        Value::Array(parts) => match parts.first() {
            Some(Value::String(text)) => Ok((key, range(text)?)),
            _ => Err(refuse("a range must be a string")),
        },
        _ => Err(refuse("a range must be a string")),
    };
    match value {
        Value::String(_) => Ok(vec![named(value.clone(), value)?]),
        Value::Array(array) => array.iter().enumerate().map(|(at, item)| named(Value::from(at), item)).collect(),
        Value::Set(set) => set.iter_sorted().map(|item| named(item.clone(), item)).collect(),
        Value::Object(object) => object.iter_sorted().map(|(key, item)| named(key.clone(), item)).collect(),
        _ => Err(refuse("ranges must be a string, an array, a set or an object")),
    }
}

/// A range; an address without a prefix stands for the network of its class, as in OPA, and there are no classes of IPv6.
fn classful(text: &str) -> Result<Network, Refusal> {
    let mut network = range(text)?;
    if text.contains('/') {
        return Ok(network);
    }
    network.prefix = match network.first >> 24 {
        _ if network.is_v6 => return Err(refuse(format!("{text} has no prefix"))),
        0..128 => 8,
        128..192 => 16,
        192..224 => 24,
        _ => return Err(refuse(format!("{text} has no prefix"))),
    };
    network.first &= !network.host_mask();
    Ok(network)
}

/// The fewest ranges that hold the same addresses.
fn merge(value: &Value) -> Result<Value, Refusal> {
    let items = super::arguments::items(std::slice::from_ref(value), 0)?;
    let mut networks = Vec::new();
    for item in items {
        let Value::String(text) = item else { return Err(refuse("a range must be a string")) };
        networks.push(classful(text)?);
    }
    networks.sort();
    let mut merged: Vec<Network> = Vec::new();
    for network in networks {
        if merged.last().is_some_and(|last| last.contains(&network)) {
            continue;
        }
        merged.push(network);
        while let [.., first, second] = merged.as_slice() {
            let wider = first.prefix.checked_sub(1).map(|prefix| {
                let mut wider = Network { prefix, ..first.clone() };
                wider.first &= !wider.host_mask();
                wider
            });
            let is_pair = first.prefix == second.prefix && first.is_v6 == second.is_v6;
            let Some(wider) = wider.filter(|wider| is_pair && wider.contains(first) && wider.contains(second)) else {
                break;
            };
            merged.truncate(merged.len().saturating_sub(2));
            merged.push(wider);
        }
    }
    Ok(set(merged.iter().map(|network| Value::from(format!("{}/{}", network.address(network.first), network.prefix)))))
}

fn expand(network: &Network, limits: &Limits) -> Result<Value, Refusal> {
    match usize::try_from(network.host_mask()) {
        Ok(count) if count < limits.values => {}
        _ => return Err(Refusal::Limit),
    }
    let mut addresses = Vec::new();
    let mut next = network.first;
    loop {
        addresses.push(Value::from(network.address(next)));
        if next == network.last() {
            return Ok(set(addresses.into_iter()));
        }
        next = next.saturating_add(1);
    }
}
