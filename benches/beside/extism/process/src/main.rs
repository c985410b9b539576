//! The work as a process: a text comes in, a text goes out.

use std::io;

fn main() -> io::Result<()> {
    let changes = io::read_to_string(io::stdin())?;
    io::Write::write_all(&mut io::stdout(), measured_work::notes(&changes).as_bytes())
}
