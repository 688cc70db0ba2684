//! The `.npy` format of `NumPy`, version 1.0: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.

/// Returns the header of a matrix of 32-bit floats in rows, little-endian, which follow it as they are.
pub fn npy_header(rows: usize, columns: usize) -> Vec<u8> {
    let mut text =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    // Magic, version and length take ten bytes; the data begins at a multiple of 64.
    let padding = 63 - (10 + text.len()) % 64;
    text.extend(std::iter::repeat_n(' ', padding));
    text.push('\n');
    let length = u16::try_from(text.len()).expect("a header is short");
    let mut header = b"\x93NUMPY\x01\x00".to_vec();
    header.extend(length.to_le_bytes());
    header.extend(text.into_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_begins_at_a_multiple_of_64() {
        for (rows, columns) in [(0, 0), (3, 1024), (100_000, 1536)] {
            let header = npy_header(rows, columns);
            assert_eq!(header.len() % 64, 0);
            assert_eq!(header.last(), Some(&b'\n'));
            let length = u16::from_le_bytes([header[8], header[9]]);
            assert_eq!(usize::from(length) + 10, header.len());
            let shape = format!("'shape': ({rows}, {columns})");
            assert!(String::from_utf8_lossy(&header).contains(&shape));
        }
    }
}
