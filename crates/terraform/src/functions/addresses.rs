//! Functions of IP networks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use portcullis_model::terraform::Value;

use super::{Answer, Call, Stop};

/// A network: bits beyond the prefix are zero.
#[derive(Clone, Copy)]
struct Network {
    /// The address, at the low end of the number.
    address: u128,
    length: u32,
    /// 32 or 128.
    width: u32,
}

impl Network {
    fn parse(text: &str) -> Result<Self, Stop> {
        let (address, length) = text.split_once('/').ok_or(Stop::Refused)?;
        let (address, width) = parse_address(address).ok_or(Stop::Refused)?;
        let is_number = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
        let length = length.parse().ok().filter(|&length| is_number && length <= width).ok_or(Stop::Refused)?;
        let host = mask(width - length);
        Ok(Self { address: address & !host, length, width })
    }

    fn last(self) -> u128 {
        self.address | mask(self.width - self.length)
    }

    fn to_text(self) -> String {
        format!("{}/{}", address_text(self.address, self.width), self.length)
    }
}

/// The lowest `bits` bits.
fn mask(bits: u32) -> u128 {
    1_u128.checked_shl(bits).map_or(u128::MAX, |bit| bit - 1)
}

/// Terraform takes zeros at the start of a decimal, as Go once did.
fn parse_address(text: &str) -> Option<(u128, u32)> {
    if text.contains(':') {
        return text.parse::<Ipv6Addr>().ok().map(|address| (u128::from(address), 128));
    }
    let mut address = 0_u128;
    let mut count = 0;
    for part in text.split('.') {
        let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let octet: u8 = part.parse().ok().filter(|_| is_number)?;
        address = (address << 8) | u128::from(octet);
        count += 1;
        if count > 4 {
            return None;
        }
    }
    (count == 4).then_some((address, 32))
}

fn address_text(address: u128, width: u32) -> String {
    match u32::try_from(address) {
        Ok(address) if width == 32 => IpAddr::V4(Ipv4Addr::from(address)).to_string(),
        _ => IpAddr::V6(Ipv6Addr::from(address)).to_string(),
    }
}

impl Call<'_> {
    fn network(&self, index: usize) -> Result<Network, Stop> {
        Network::parse(&self.known(index)?)
    }
}

pub(super) fn cidrhost(call: &Call<'_>) -> Answer {
    let network = call.network(0)?;
    let number = call.integer(1)?;
    let most = mask(network.width - network.length);
    // Negative numbers count from the end, the last address being -1.
    let distance = u128::from(if number < 0 { (number + 1).unsigned_abs() } else { number.unsigned_abs() });
    if distance > most {
        return Err(Stop::Refused);
    }
    let address = if number < 0 { network.last() - distance } else { network.address + distance };
    call.string(address_text(address, network.width))
}

pub(super) fn cidrnetmask(call: &Call<'_>) -> Answer {
    let network = call.network(0)?;
    if network.width != 32 {
        return Err(Stop::Refused);
    }
    call.string(address_text(mask(32) & !mask(32 - network.length), 32))
}

pub(super) fn cidrsubnet(call: &Call<'_>) -> Answer {
    let network = call.network(0)?;
    let (bits, number) = (call.integer(1)?, call.integer(2)?);
    let bits = u32::try_from(bits).map_err(|_| Stop::Refused)?;
    let length = network.length.checked_add(bits).filter(|&length| length <= network.width).ok_or(Stop::Refused)?;
    let number = u128::try_from(number).ok().filter(|&number| number <= mask(bits)).ok_or(Stop::Refused)?;
    let shifted = number.checked_shl(network.width - length).unwrap_or(0);
    call.string(Network { address: network.address | shifted, length, ..network }.to_text())
}

pub(super) fn cidrsubnets(call: &Call<'_>) -> Answer {
    let network = call.network(0)?;
    let mut items: Vec<Value> = Vec::new();
    // The first address that is free; `None` past the end of all addresses.
    let mut free = Some(network.address);
    for value in call.rest(1) {
        let bits = super::convert::integer(value)?;
        let bits = u32::try_from(bits).ok().filter(|bits| (1..=32).contains(bits)).ok_or(Stop::Refused)?;
        let length = network.length.checked_add(bits).filter(|&length| length <= network.width).ok_or(Stop::Refused)?;
        let host = mask(network.width - length);
        let address = free.and_then(|free| free.checked_add(host)).ok_or(Stop::Refused)? & !host;
        if address > network.last() {
            return Err(Stop::Refused);
        }
        let subnet = Network { address, length, ..network };
        free = subnet.last().checked_add(1);
        items.push(Value::string(subnet.to_text(), call.at));
    }
    call.closed(items)
}

pub(super) fn cidrcontains(call: &Call<'_>) -> Answer {
    let network = call.network(0)?;
    let inner = call.known(1)?;
    let inner = match parse_address(&inner) {
        Some((address, width)) => Network { address, length: width, width },
        None => Network::parse(&inner)?,
    };
    if inner.width != network.width {
        return Err(Stop::Refused);
    }
    call.boolean(network.address <= inner.address && inner.last() <= network.last())
}
