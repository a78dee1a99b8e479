//! A seed in; a small set of painted images out, so that a visitor without images can try the tool.
//!
//! Four kinds of picture-book motifs, every one different in color, size, place and posture, on
//! paper that is different too: nothing but the motif tells the classes apart.

mod canvas;

use std::f32::consts::{PI, TAU};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub use canvas::SIDE;
use canvas::{Canvas, color, ellipse, mix};

/// Images of each class.
pub const IMAGES_PER_CLASS: usize = 24;

/// One image of the set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// Like a dropped file's: the folder is the class.
    pub path: String,
    /// A PNG file.
    pub bytes: Vec<u8>,
}

/// Draws the set. The same seed gives the same images.
pub fn draw(seed: u64) -> Vec<Drawn> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let motifs: [(&str, Motif); 4] = [
        ("Fish", fish),
        ("Flowers", flower),
        ("Mushrooms", mushroom),
        ("Suns", sun),
    ];
    let mut images = vec![];
    for (class, motif) in motifs {
        for number in 1..=IMAGES_PER_CLASS {
            let mut canvas = Canvas::paper(&mut rng);
            motif(&mut canvas, &mut rng);
            let path = format!("{class}/{number:02}.png");
            images.push(Drawn {
                path,
                bytes: canvas.into_png(&mut rng),
            });
        }
    }
    images
}

type Motif = fn(&mut Canvas, &mut ChaCha8Rng);

fn fish(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    canvas.place(rng, 0.6);
    let height = rng.random_range(0.28..0.55);
    let tail = rng.random_range(0.25..0.5);
    let (hue, stripes) = (rng.random_range(0.0..1.0), rng.random_range(0.0..14.0));
    let coat = color(hue, 0.65, rng.random_range(0.4..0.65));
    let second = color(hue + rng.random_range(0.05..0.5), 0.7, 0.6);
    let body = |x: f32, y: f32| ellipse(x - 0.15, y, 0.75, height * (1.0 - 0.25 * x.max(-1.0)));
    let fork = |x: f32, y: f32| {
        let notch = -1.0 - x + 0.25 * (1.0 - y.abs() / tail);
        (y.abs() + tail * (x + 0.35) * 1.6 - 0.02)
            .max(notch)
            .max(x + 0.35)
    };
    let fins = |x: f32, y: f32| ellipse(x + 0.05 + 0.5 * y.abs(), y.abs() - height, 0.35, 0.2);
    canvas.shadow(|x, y| body(x, y).min(fork(x, y)));
    canvas.paint(second, |x, y| fork(x, y).min(fins(x, y)));
    canvas.paint(coat, body);
    canvas.paint(second, |x, y| {
        body(x, y)
            .max(((x + y.abs() * 0.3) * stripes).sin() * 0.1 + 0.04)
            .max(x - 0.45)
    });
    canvas.paint(coat.map(|value| value * 0.7), |x, y| {
        ((x - 0.52).hypot(y * 0.8) - 0.16).abs().max(0.5 - x) - 0.012
    });
    canvas.paint([0.97; 3], |x, y| (x - 0.68).hypot(y + height * 0.25) - 0.09);
    canvas.paint([0.1; 3], |x, y| (x - 0.7).hypot(y + height * 0.25) - 0.05);
    for _ in 0..rng.random_range(0..5) {
        let (at, up, size) = (
            rng.random_range(0.9..1.5),
            rng.random_range(-0.9..0.3),
            rng.random_range(0.03..0.09),
        );
        canvas.paint([0.9, 0.95, 1.0], |x, y| {
            ((x - at).hypot(y - up) - size).abs() - 0.012
        });
    }
}

fn flower(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let has_stem = rng.random_bool(0.35);
    canvas.place(rng, if has_stem { 0.3 } else { PI });
    // Seen from above the head fills the picture; on a stem it stands at the top.
    let (size, up) = if has_stem {
        (rng.random_range(0.4..0.6), -0.45)
    } else {
        (0.95, 0.0)
    };
    let hue = rng.random_range(0.78..1.17);
    let petal_color = color(hue, rng.random_range(0.5..0.9), rng.random_range(0.5..0.8));
    let heart_color = color(
        rng.random_range(0.05..0.16),
        0.8,
        rng.random_range(0.3..0.6),
    );
    let (count, round) = (rng.random_range(5..12) as f32, rng.random_range(0.3..0.9));
    let (heart, waist) = (rng.random_range(0.18..0.4), rng.random_range(0.3..0.6));
    let petals = move |x: f32, y: f32| {
        let (x, y) = (x / size, (y - up) / size);
        let wave = (y.atan2(x) * count / 2.0).cos().abs().powf(round);
        (x.hypot(y) - waist - (1.0 - waist) * wave) * 0.5 * size
    };
    let stem =
        move |x: f32, y: f32| (x - 0.1 * (y * 2.0).sin()).abs().max(up - y).max(y - 1.0) - 0.035;
    let leaf = move |x: f32, y: f32| ellipse(x - 0.25, y - 0.45 + x * 0.6, 0.28, 0.1);
    if has_stem {
        canvas.shadow(|x, y| petals(x, y).min(stem(x, y)).min(leaf(x, y)));
        let green = color(
            rng.random_range(0.22..0.4),
            0.45,
            rng.random_range(0.3..0.5),
        );
        canvas.paint(green, |x, y| stem(x, y).min(leaf(x, y)));
    } else {
        canvas.shadow(petals);
    }
    canvas.paint(petal_color, petals);
    let inner = mix(petal_color, heart_color, 0.5);
    canvas.paint(inner, |x, y| petals(x * 1.6, up + (y - up) * 1.6));
    canvas.paint(heart_color, |x, y| x.hypot(y - up) - heart * size);
}

fn mushroom(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    canvas.place(rng, 0.3);
    let hue = [0.0, 0.02, 0.06, 0.09, 0.12, 0.75][rng.random_range(0..6)];
    let cap_color = color(
        hue,
        rng.random_range(0.3..0.75),
        rng.random_range(0.35..0.6),
    );
    let pale = color(
        0.11,
        rng.random_range(0.1..0.4),
        rng.random_range(0.75..0.92),
    );
    let (height, width, stem) = (
        rng.random_range(0.45..0.95),
        rng.random_range(0.6..1.0),
        rng.random_range(0.12..0.26),
    );
    let foot = move |x: f32, y: f32| {
        (x + 0.06 * (y * 3.0).sin())
            .abs()
            .max((y - 0.4).abs() - 0.4)
            - stem * (0.8 + 0.4 * y.max(0.0))
    };
    let cap = move |x: f32, y: f32| {
        ellipse(x, y, width, height).max(y - 0.08 * (1.0 - (x / width).powi(2)))
    };
    canvas.shadow(|x, y| foot(x, y).min(cap(x, y)));
    canvas.paint(pale, foot);
    canvas.paint(pale.map(|value| value * 0.75), |x, y| {
        ellipse(x, y, width * 0.96, 0.16)
    });
    canvas.paint(cap_color, cap);
    for _ in 0..rng.random_range(0..12) {
        let (at, up) = (
            rng.random_range(-width..width),
            -rng.random_range(0.0..height),
        );
        let size = rng.random_range(0.05..0.14);
        canvas.paint([0.96, 0.94, 0.88], |x, y| {
            ellipse(x - at, y - up, size, size * 0.8).max(cap(x, y) + 0.03)
        });
    }
    for _ in 0..rng.random_range(0..9) {
        let (at, lean, tall) = (
            rng.random_range(-0.9..0.9),
            rng.random_range(-0.5..0.5),
            rng.random_range(0.2..0.5),
        );
        let grass = color(
            rng.random_range(0.22..0.38),
            0.45,
            rng.random_range(0.3..0.45),
        );
        canvas.paint(grass, |x, y| {
            (x - at - lean * (0.95 - y).powi(2)).abs() - 0.05 * (y - 0.95 + tall) / tall
                + (y - 0.95).max(0.0)
        });
    }
}

fn sun(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    canvas.place(rng, PI);
    let hue = rng.random_range(0.02..0.16);
    let face = color(
        hue,
        rng.random_range(0.7..0.95),
        rng.random_range(0.5..0.65),
    );
    let ray_color = color(
        hue + rng.random_range(-0.04..0.04),
        0.8,
        rng.random_range(0.45..0.7),
    );
    let (count, radius) = (rng.random_range(7..17) as f32, rng.random_range(0.4..0.62));
    let (curl, sharp) = (rng.random_range(-1.0..1.0), rng.random_range(0.6..1.6));
    let rays = move |x: f32, y: f32| {
        let (from, angle) = (x.hypot(y), y.atan2(x) + curl * x.hypot(y));
        let wave = ((angle * count / TAU).rem_euclid(1.0) - 0.5).abs() * 2.0;
        (from - radius - (1.0 - radius) * (1.0 - wave).powf(sharp)) * 0.4
    };
    canvas.shadow(rays);
    canvas.paint(ray_color, rays);
    canvas.paint(face, |x, y| x.hypot(y) - radius);
    if rng.random_bool(0.35) {
        // The face stays upright, whatever way the rays are turned.
        canvas.turn = rng.random_range(-0.3..0.3);
        let ink = color(hue, 0.6, 0.2);
        canvas.paint(ink, |x, y| {
            (x.abs() - radius * 0.38).hypot(y + radius * 0.15) - radius * 0.09
        });
        canvas.paint(ink, |x, y| {
            (x.hypot(y) - radius * 0.55).abs().max(radius * 0.25 - y) - radius * 0.04
        });
        canvas.paint(color(0.0, 0.75, 0.65), |x, y| {
            ellipse(
                x.abs() - radius * 0.6,
                y - radius * 0.2,
                radius * 0.16,
                radius * 0.11,
            )
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_set_has_four_classes_of_readable_images() {
        let set = draw(1);
        assert_eq!(set.len(), 4 * IMAGES_PER_CLASS);
        assert_eq!(set[0].path, "Fish/01.png");
        for drawn in &set {
            let image = image::load_from_memory(&drawn.bytes).expect("a PNG");
            assert_eq!((image.width(), image.height()), (SIDE as u32, SIDE as u32));
        }
    }

    #[test]
    fn a_seed_determines_the_set() {
        assert_eq!(draw(1)[..3], draw(1)[..3]);
        assert_ne!(draw(1)[0], draw(2)[0]);
    }
}
