use std::io::{Cursor, Write};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(vec![]));
    for (name, content) in files {
        zip.start_file(*name, SimpleFileOptions::default())
            .expect("starts");
        zip.write_all(content).expect("writes");
    }
    zip.finish().expect("finishes").into_inner()
}

fn open(bytes: Vec<u8>) -> Archive<Cursor<Vec<u8>>> {
    Archive::open(Cursor::new(bytes)).expect("opens")
}

fn paths<R: Read + Seek>(archive: &Archive<R>) -> Vec<&str> {
    archive
        .entries()
        .iter()
        .map(|entry| entry.path.as_str())
        .collect()
}

/// Overwrites bytes in the first entry of the table of contents.
fn patch_contents(zip: &mut [u8], offset: usize, bytes: &[u8]) {
    let start = zip
        .windows(4)
        .position(|window| window == b"PK\x01\x02")
        .expect("has contents");
    zip[start + offset..][..bytes.len()].copy_from_slice(bytes);
}

const FLAGS: usize = 8;
const METHOD: usize = 10;
const COMPRESSED_SIZE: usize = 20;
const SIZE: usize = 24;
const NAME: usize = 46;

#[test]
fn images_are_listed_and_read() {
    let mut archive = open(zip(&[
        ("set/cats/1.jpg", b"one"),
        ("set/dogs/2.PNG", b"two"),
        ("set/häuser/3.tiff", &[7; 5000]),
    ]));
    assert_eq!(
        paths(&archive),
        ["set/cats/1.jpg", "set/dogs/2.PNG", "set/häuser/3.tiff"]
    );
    assert_eq!(archive.problems(), []);
    let indices: Vec<_> = archive.entries().iter().map(|entry| entry.index).collect();
    let contents: Vec<_> = indices
        .iter()
        .map(|&index| archive.read(index).expect("reads"))
        .collect();
    assert_eq!(contents, [b"one".to_vec(), b"two".to_vec(), vec![7; 5000]]);
    assert_eq!(archive.read(99), Err(Error::DamagedEntry));
}

#[test]
fn samples_of_a_teachable_machine_project_are_in_the_class_they_are_named_after() {
    let archive = open(zip(&[
        ("manifest.json", b"{}"),
        ("big cats-!-0", b"."),
        ("big cats-!-10.jpg", b"."),
        ("dogs-!-0.webp", b"."),
        ("dogs-!-.txt", b"."),
        ("photos/wow-!-1.jpg", b"."),
    ]));
    let expected = [
        "big cats/0",
        "big cats/10.jpg",
        "dogs/0.webp",
        "photos/wow-!-1.jpg",
    ];
    assert_eq!(paths(&archive), expected);
}

#[test]
fn what_operating_systems_leave_behind_is_passed_over() {
    let archive = open(zip(&[
        ("cats/", b""),
        ("cats/1.jpg", b"."),
        ("__MACOSX/cats/._1.jpg", b"."),
        ("cats/._1.jpg", b"."),
        ("cats/.hidden/1.jpg", b"."),
        ("cats/.DS_Store", b"."),
        ("cats/Thumbs.db", b"."),
        ("cats/notes.txt", b"."),
        ("cats/jpg", b"."),
    ]));
    assert_eq!(paths(&archive), ["cats/1.jpg"]);
    assert_eq!(archive.problems(), []);
}

#[test]
fn paths_that_lead_out_of_the_zip_are_reported() {
    let names = [
        "../1.jpg",
        "a/../../1.jpg",
        "/etc/1.jpg",
        "..\\1.jpg",
        "C:\\1.jpg",
        "\\\\host\\1.jpg",
        "a\0/1.jpg",
    ];
    for name in names {
        let archive = open(zip(&[(name, b"."), ("fine/2.jpg", b".")]));
        assert_eq!(paths(&archive), ["fine/2.jpg"], "{name:?}");
        assert_eq!(
            archive.problems()[0].trouble,
            Error::UnsafePath.to_string(),
            "{name:?}"
        );
    }
}

#[test]
fn backslashes_separate_folders_too() {
    assert_eq!(
        paths(&open(zip(&[
            ("cats\\1.jpg", b"."),
            ("./dogs//2.jpg", b".")
        ]))),
        ["cats/1.jpg", "dogs/2.jpg"]
    );
}

#[test]
fn names_in_any_encoding_are_read() {
    let mut bytes = zip(&[("Grun/1.jpg", b"one")]);
    patch_contents(&mut bytes, NAME, b"Gr\x81n"); // ü in DOS's code page 437
    let mut archive = open(bytes);
    assert_eq!(paths(&archive), ["Grün/1.jpg"]);
    assert_eq!(archive.read(0).expect("reads"), b"one");
}

#[test]
fn entries_that_cannot_be_unpacked_are_reported() {
    let content = [7; 5000];
    let trouble_after = |offset: usize, value: &[u8]| {
        let mut bytes = zip(&[("a/1.jpg", &content), ("a/2.jpg", b"fine")]);
        patch_contents(&mut bytes, offset, value);
        let mut archive = open(bytes);
        assert_eq!(paths(&archive), ["a/2.jpg"]);
        assert_eq!(archive.problems()[0].file, "a/1.jpg");
        assert!(archive.read(0).is_err());
        archive.problems()[0].trouble.clone()
    };
    assert_eq!(
        trouble_after(FLAGS, &[1, 0]),
        Error::EncryptedEntry.to_string()
    );
    assert_eq!(
        trouble_after(METHOD, &[12, 0]),
        Error::UnknownCompression.to_string()
    );
    assert_eq!(
        trouble_after(SIZE, &300_000_000u32.to_le_bytes()),
        Error::EntryTooLarge.to_string()
    );
    assert_eq!(
        trouble_after(SIZE, &30_000_000u32.to_le_bytes()),
        Error::EntryTooLarge.to_string()
    );
}

#[test]
fn an_entry_that_lies_about_its_size_is_not_unpacked_further() {
    let mut bytes = zip(&[("a/1.jpg", &[7; 50_000])]);
    patch_contents(&mut bytes, SIZE, &1000u32.to_le_bytes());
    assert_eq!(open(bytes).read(0), Err(Error::DamagedEntry));
}

#[test]
fn entries_that_share_their_data_are_refused() {
    let mut bytes = zip(&[("a/1.jpg", b"one"), ("a/2.jpg", b"two")]);
    let length = bytes.len() as u32;
    patch_contents(&mut bytes, COMPRESSED_SIZE, &length.to_le_bytes());
    assert_eq!(
        Archive::open(Cursor::new(bytes)).err(),
        Some(Error::BrokenArchive)
    );
}

#[test]
fn damage_shows_in_the_checksum() {
    let mut bytes = zip(&[("a/1.jpg", b"some content")]);
    let at = bytes
        .windows(4)
        .position(|window| window == b"some")
        .unwrap_or(45);
    bytes[at] ^= 0x10;
    assert_eq!(open(bytes).read(0), Err(Error::DamagedEntry));
}

#[test]
fn a_model_is_told_from_images() {
    assert_eq!(
        open(zip(&[(MODEL_FILE, b"."), ("sample.png", b".")])).model(),
        Some(0)
    );
    assert_eq!(
        open(zip(&[
            ("a.txt", b"."),
            ("my model/graft.safetensors", b".")
        ]))
        .model(),
        Some(1)
    );
    assert_eq!(open(zip(&[("a/b/graft.safetensors", b".")])).model(), None);
    assert_eq!(open(zip(&[("a/1.jpg", b".")])).model(), None);
}

#[test]
fn what_is_no_zip_is_an_error() {
    for bytes in [
        vec![],
        b"hello".to_vec(),
        vec![0; 5000],
        b"PK\x03\x04".to_vec(),
    ] {
        assert_eq!(
            Archive::open(Cursor::new(bytes)).err(),
            Some(Error::BrokenArchive)
        );
    }
}

/// Reads whatever can be read.
fn exhaust(bytes: Vec<u8>) {
    if let Ok(mut archive) = Archive::open(Cursor::new(bytes)) {
        for index in 0..archive.zip.len() {
            let _ = archive.read(index);
        }
    }
}

#[test]
fn no_damage_makes_the_archive_panic() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let whole = zip(&[
        ("a/1.jpg", &[7; 3000]),
        ("b/2.png", b"two"),
        ("graft.safetensors", b"3"),
    ]);
    (0..whole.len()).for_each(|length| exhaust(whole[..length].to_vec()));
    for _ in 0..4000 {
        let mut copy = whole.clone();
        for _ in 0..rng.random_range(1..=4) {
            let at = rng.random_range(0..copy.len());
            copy[at] = if rng.random() { rng.random() } else { 0xff };
        }
        exhaust(copy);
    }
}
