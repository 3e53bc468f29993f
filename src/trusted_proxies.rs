//! The proxies whose forwarding headers are trusted.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// The addresses of trusted proxies, and whether peers on Unix sockets are trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies {
    networks: Vec<IpNet>,
    unix: bool,
}

impl TrustedProxies {
    /// Whether an address is that of a trusted proxy. An IPv4-mapped IPv6 address counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(&address))
    }

    /// Whether the peer of a connection is a trusted proxy. A peer without an address has connected through a
    /// Unix socket.
    #[must_use]
    pub fn contains_peer(&self, address: Option<IpAddr>) -> bool {
        address.map_or(self.unix, |address| self.contains(address))
    }
}

impl FromStr for TrustedProxies {
    type Err = String;

    /// Parses a list such as `10.0.0.0/8,2001:db8::1,unix`.
    fn from_str(list: &str) -> Result<Self, String> {
        let mut proxies = Self::default();
        for item in list.split(',').map(str::trim) {
            if item == "unix" {
                proxies.unix = true;
            } else {
                let network = item.parse().or_else(|_| item.parse().map(IpAddr::into));
                // An address in it would be compared as IPv4, and never match.
                let network = network.ok().filter(|network: &IpNet| !is_mapped(network));
                proxies.networks.push(network.ok_or_else(|| {
                    "networks, addresses or the word unix are needed, separated by commas, such as 10.0.0.0/8,::1"
                        .to_owned()
                })?);
            }
        }
        Ok(proxies)
    }
}

/// Whether it consists of IPv4 addresses written as IPv6.
fn is_mapped(network: &IpNet) -> bool {
    matches!(network, IpNet::V6(network) if network.addr().to_ipv4_mapped().is_some())
}
