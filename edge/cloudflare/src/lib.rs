//! edge-cloudflare
