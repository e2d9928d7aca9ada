//! The functions as Lambda runs them.

#[cfg(test)]
mod function;
#[cfg(test)]
mod printer;
#[cfg(test)]
mod scheduled;
