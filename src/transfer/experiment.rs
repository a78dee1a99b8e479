//! scratch
use super::{*, domain_spreading::DomainSpreading, joint_softmax::{Aim, JointSoftmax}, plain::Plain, pooled::pooled, domains::Domains, spread::Spread};
use rand::seq::SliceRandom;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
pub struct Data { pub rows: Vec<Row>, pub labels: Vec<usize>, pub k: usize }
pub fn load(features: &str, list: &str, filter: &str, cap: usize) -> Data {
    let file = std::fs::read(features).unwrap();
    let file = safetensors::SafeTensors::deserialize(&file).unwrap();
    let v = file.tensor("features").unwrap().data().to_vec();
    let v: Vec<f32> = v.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
    let list = std::fs::read_to_string(list).unwrap();
    let (mut names, mut counts, mut rows, mut labels) = (vec![], vec![], vec![], vec![]);
    for (line, row) in list.lines().skip(1).zip(v.chunks(1280)) {
        if !line.ends_with(filter) { continue }
        let name = line.split(',').nth(1).unwrap().to_owned();
        let l = names.iter().position(|n| *n == name).unwrap_or_else(|| { names.push(name); counts.push(0); names.len()-1 });
        counts[l] += 1; if counts[l] > cap { continue }
        rows.push(Row::from(row)); labels.push(l);
    }
    Data { rows, labels, k: names.len() }
}
pub fn split(d: &Data, per: usize, seed: u64, frac: f64) -> (Task, Vec<usize>, Vec<Row>, Vec<usize>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut l, mut u, mut t) = (vec![], vec![], vec![]);
    for c in 0..d.k {
        let mut of: Vec<_> = (0..d.rows.len()).filter(|i| d.labels[*i] == c).collect();
        of.shuffle(&mut rng);
        let n = ((of.len() - per) as f64 * frac).round() as usize;
        l.extend(&of[..per]); u.extend(&of[per..per+n]); t.extend(&of[per+n..]);
    }
    let r = |v: &[usize]| v.iter().map(|i| d.rows[*i].clone()).collect::<Vec<_>>();
    let y = |v: &[usize]| v.iter().map(|i| d.labels[*i]).collect::<Vec<_>>();
    (Task { rows: r(&l), labels: y(&l), unlabeled: r(&u), num_classes: d.k, seed }, y(&u), r(&t), y(&t))
}
pub fn acc(m: &Transferred, rows: &[Row], y: &[usize]) -> f64 {
    rows.iter().zip(y).filter(|(r, y)| crate::metrics::argmax(&m.logits(r)) == **y).count() as f64 / y.len().max(1) as f64
}
pub fn run(mut f: Box<dyn Fit>) -> Transferred { while !f.step() {} f.finish() }
pub fn datasets() -> Vec<(&'static str, Data)> {
    let main = "/work/main";
    vec![("t1", load(&format!("{main}/target/t1.safetensors"), &format!("{main}/tests/golden/t1/photos.csv"), "", 999)),
     ("clip", load("/tmp/semi/domains.safetensors", "/work/wt-semi/tests/golden/transfer/domains.csv", "drawing", 999)),
     ("fashion", load("/tmp/fm/fashion.safetensors", "/tmp/fm/list.csv", "", 40))]
}
pub type Make = Box<dyn Fn(Task) -> Transferred>;
pub fn table(methods: Vec<(String, Make)>) {
    let seeds: u64 = std::env::var("SEEDS").map_or(6, |s| s.parse().unwrap());
    let only = std::env::var("DATA").unwrap_or_default();
    for (name, d) in datasets() { if !name.contains(&only) { continue }
      for frac in [1.0, 2.0/3.0] { for per in std::env::var("PER").unwrap_or("1,5".into()).split(',').map(|x| x.parse::<usize>().unwrap()) {
        let smallest = (0..d.k).map(|c| d.labels.iter().filter(|l| **l == c).count()).min().unwrap();
        if smallest <= per { continue }
        for (m, f) in &methods {
            let (mut a, mut b, mut s) = (vec![], vec![], 0.0);
            for seed in 0..seeds {
                let (task, u, t, ty) = split(&d, per, seed, frac);
                let rows = task.unlabeled.clone();
                let st = std::time::Instant::now();
                let model = f(task); s += st.elapsed().as_secs_f64();
                a.push(acc(&model, &rows, &u)); b.push(acc(&model, &t, &ty));
            }
            let n = seeds as f64;
            println!("{name} per {per} frac {frac:.2} {m:24} {:.1} {:.1}  {:.2}s", 100.0*a.iter().sum::<f64>()/n, 100.0*b.iter().sum::<f64>()/n, s/n);
        }
    } } }
}
pub fn joint(domains: Domains, aims: [Aim;2], info: f64, start: Option<Vec<f32>>) -> (Domains, JointSoftmax) {
    let mut s = JointSoftmax::new(aims, info, (domains.source.num_features, domains.num_classes), start);
    while !s.step(&domains.source, &domains.target) {}
    (domains, s)
}
pub fn sup(d: Domains) -> (Domains, JointSoftmax) { let a = Aim { targets: d.one_hot(), weight: 1.0 }; joint(d, [a, Aim::default()], 0.0, None) }
pub fn spread(d: &Domains) -> Vec<f32> { let mut s = Spread::new(d); while !s.step(d) {} s.target_probabilities(d) }

fn tim(t: Task, info: f64, from_spread: bool, keep: f64) -> Transferred {
    let d = pooled(&t); 
    let one = d.one_hot();
    let (d, s) = if from_spread {
        let p = spread(&d);
        let (ns, nt) = (d.source.len() as f64, d.target.len() as f64);
        let a = Aim { targets: one.clone(), weight: ns/(ns+nt) }; let b = Aim { targets: p, weight: nt/(ns+nt) };
        joint(d, [a, b], 0.0, None)
    } else { sup(d) };
    let p = s.parameters().to_vec();
    let a = Aim { targets: one, weight: keep };
    let (d, s) = joint(d, [a, Aim::default()], info, Some(p)); d.transferred(s.head())
}
fn pseudo(t: Task, rounds: usize, share: f64, from_spread: bool, weight_each: f64) -> Transferred {
    let d = pooled(&t); let k = d.num_classes; let n = d.target.len();
    let one = d.one_hot();
    let sp = from_spread.then(|| spread(&d));
    let (mut d, mut s) = sup(d);
    for r in 1..=rounds {
        let m = d.transferred(s.head());
        let probs: Vec<Vec<f32>> = (0..n).map(|i| {
            if r == 1 && let Some(sp) = &sp { return sp[i*k..][..k].to_vec() }
            let mut z = m.head.logits(d.target.row(i)); crate::metrics::softmax(&mut z); z }).collect();
        let quota = (n as f64 / k as f64 * share * r as f64 / rounds as f64).ceil() as usize;
        let mut targets = vec![0.0f32; n*k]; let mut count = 0;
        for c in 0..k {
            let mut of: Vec<usize> = (0..n).filter(|i| crate::metrics::argmax(&probs[*i]) == c).collect();
            of.sort_by(|a, b| probs[*b][c].total_cmp(&probs[*a][c]));
            of.truncate(quota); count += of.len();
            for i in of { targets[i*k+c] = 1.0; }
        }
        let (nl, nu) = (d.source.len() as f64, count as f64 * weight_each);
        let a = Aim { targets: one.clone(), weight: nl/(nl+nu) };
        let b = Aim { targets, weight: n as f64 * weight_each / (nl+nu) };
        (d, s) = joint(d, [a, b], 0.0, None);
    }
    d.transferred(s.head())
}


#[allow(dead_code)]
fn four() {
    let mut m: Vec<(String, Make)> = vec![];
    for method in METHODS.iter().filter(|m| m.family != Family::DomainAdaptation) {
        m.push((method.id.into(), Box::new(|t| run((method.init)(t)))));
    }
    table(m);
}

fn report(name: &str, tasks: Vec<(Task, Vec<usize>)>) {
    let _ = name;
    let pick = ["plain", "label-shift", "importance-weights", "spreading-then-maximization", "label-spreading", "domain-automatic"];
    for id in pick {
        let method = METHODS.iter().find(|m| m.id == id).unwrap();
        let mut a = vec![];
        for (t, y) in &tasks { let m = run((method.init)(t.clone())); a.push(acc(&m, &t.unlabeled, y)); }
        println!("{name} {id:28} {:.1} ± {:.1}", 100.0*a.iter().sum::<f64>()/a.len() as f64, { let m = a.iter().sum::<f64>()/a.len() as f64; 100.0*(a.iter().map(|x| (x-m).powi(2)).sum::<f64>()/a.len() as f64).sqrt() });
    }
}
#[allow(dead_code)]
fn five() {
    let f = load("/tmp/fm/fashion.safetensors", "/tmp/fm/list.csv", "", 300);
    for (per, ratio) in [(5, 1.0), (5, 0.6), (20, 1.0f64), (20, 0.6)] {
        let tasks = (0..5).map(|seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut classes: Vec<_> = (0..f.k).collect(); classes.shuffle(&mut rng);
            let (mut rows, mut labels, mut unlabeled, mut y) = (vec![], vec![], vec![], vec![]);
            for (rank, &c) in classes.iter().enumerate() {
                let mut of: Vec<_> = (0..f.rows.len()).filter(|i| f.labels[*i] == c).collect(); of.shuffle(&mut rng);
                let n = (150.0 * ratio.powi(rank as i32)).round().max(2.0) as usize;
                for i in &of[..per] { rows.push(f.rows[*i].clone()); labels.push(c); }
                for i in &of[per..per+n] { unlabeled.push(f.rows[*i].clone()); y.push(c); }
            }
            (Task { rows, labels, unlabeled, num_classes: f.k, seed }, y)
        }).collect();
        report(&format!("fashion {per} ratio {ratio}"), tasks);
    }
    // covariate shift: labeled drawings and a few photos → photos
    let list = "/work/wt-semi/tests/golden/transfer/domains.csv";
    let (p, d) = (load("/tmp/semi/domains.safetensors", list, "photo", 999), load("/tmp/semi/domains.safetensors", list, "drawing", 999));
    for (per, flip) in [(0, false), (1, false), (3, false), (3, true)] {
        let (target, source) = if flip { (&d, &p) } else { (&p, &d) };
        let tasks = (0..5).map(|seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let (mut rows, mut labels, mut unlabeled, mut y) = (source.rows.clone(), source.labels.clone(), vec![], vec![]);
            for c in 0..p.k {
                let mut of: Vec<_> = (0..target.rows.len()).filter(|i| target.labels[*i] == c).collect(); of.shuffle(&mut rng);
                for i in &of[..per] { rows.push(target.rows[*i].clone()); labels.push(c); }
                for i in &of[per..] { unlabeled.push(target.rows[*i].clone()); y.push(c); }
            }
            (Task { rows, labels, unlabeled, num_classes: p.k, seed }, y)
        }).collect::<Vec<_>>();
        let mut w = ImportanceWeights::new(&tasks[0].0); while !w.step() {} let w = w.finish();
        let n = source.rows.len(); let m = |w: &[f32]| w.iter().sum::<f32>() / w.len().max(1) as f32;
        println!("weights: source {:.2}, few of the target {:.2}, zeros {}", m(&w[..n]), m(&w[n..]), w.iter().filter(|x| **x < 0.01).count());
        report(&format!("{per} of target, flip {flip}"), tasks);
    }
}

fn tim3(t: Task, info: f64, smooth: f64, em: u8) -> Transferred {
    let d = pooled(&t); let one = d.one_hot(); let k = d.num_classes;
    let p = spread(&d);
    let mut shares = vec![0.0; k];
    for row in p.chunks(k) { shares.iter_mut().zip(row).for_each(|(s, p)| *s += f64::from(*p)); }
    let total: f64 = shares.iter().sum();
    shares.iter_mut().for_each(|s| *s = *s / total);
    let (d, s) = if em == 2 { sup(d) } else { (d.clone(), { let mut s = super::soft_targets::fit_to_all(&d, p); while !s.step(&d.source, &d.target) {} s }) };
    if em > 0 {
        let m = d.transferred(s.head());
        let pr: Vec<Vec<f32>> = d.target.iter().map(|r| { let mut z = m.head.logits(r); crate::metrics::softmax(&mut z); z }).collect();
        let mut learned = vec![0.0; k]; t.labels.iter().for_each(|l| learned[*l] += 1.0 / t.labels.len() as f64);
        shares = shifted_shares(&pr, &learned);
    }
    shares.iter_mut().for_each(|s| *s = (1.0-smooth) * *s + smooth / k as f64);
    let s = if em == 2 { let p = spread(&d); let mut s = super::soft_targets::fit_to_all(&d, p); while !s.step(&d.source, &d.target) {} s } else { s };
    let p = s.parameters().to_vec();
    let a = Aim { targets: one, weight: 1.0 };
    let mut s = JointSoftmax::new([a, Aim::default()], info, (d.source.num_features, k), Some(p)).expecting(&shares);
    while !s.step(&d.source, &d.target) {}
    d.transferred(s.head())
}
fn skewed(f: &Data, per: usize, ratio: f64, n: f64) -> Vec<(Task, Vec<usize>)> {
    (0..5).map(|seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut classes: Vec<_> = (0..f.k).collect(); classes.shuffle(&mut rng);
            let (mut rows, mut labels, mut unlabeled, mut y) = (vec![], vec![], vec![], vec![]);
            for (rank, &c) in classes.iter().enumerate() {
                let mut of: Vec<_> = (0..f.rows.len()).filter(|i| f.labels[*i] == c).collect(); of.shuffle(&mut rng);
                let n = (n * ratio.powi(rank as i32)).round().max(2.0) as usize;
                for i in &of[..per] { rows.push(f.rows[*i].clone()); labels.push(c); }
                for i in &of[per..per+n] { unlabeled.push(f.rows[*i].clone()); y.push(c); }
            }
            (Task { rows, labels, unlabeled, num_classes: f.k, seed }, y)
        }).collect()
}
#[test]
fn six() {
    let f = load("/tmp/fm/fashion.safetensors", "/tmp/fm/list.csv", "", 300);
    let sets = datasets();
    let mut suites: Vec<(String, Vec<(Task, Vec<usize>)>)> = vec![];
    for per in [2, 3] {
        suites.push((format!("fashion skew {per}"), skewed(&f, per, 0.6, 120.0)));
        suites.push((format!("fashion even {per}"), skewed(&f, per, 1.0, 30.0)));
        for (n, d) in &sets[..2] { suites.push((format!("{n} {per}"), (0..5).map(|s| { let (t, u, _, _) = split(d, per, s, 1.0); (t, u) }).collect())); }
    }
    let mut methods: Vec<(String, Box<dyn Fn(Task) -> Transferred>)> = vec![];
    for id in ["plain", "label-spreading"] { let m = METHODS.iter().find(|m| m.id == id).unwrap(); methods.push((id.into(), Box::new(|t| run((m.init)(t))))); }
    for info in [0.1, 0.3] { for (em, smooth) in [(0, 1.0), (0, 0.5), (1, 0.75), (1, 0.5)] {
        methods.push((format!("tim3 {info} em{em} s{smooth}"), Box::new(move |t| tim3(t, info, smooth, em)))); } }
    for (m, f) in &methods {
        let mut line = format!("{m:24}");
        for (_, tasks) in &suites {
            let a: f64 = tasks.iter().map(|(t, y)| acc(&f(t.clone()), &t.unlabeled, y)).sum::<f64>() / tasks.len() as f64;
            line += &format!(" {:5.1}", 100.0 * a);
        }
        println!("{line}");
    }
    println!("{:?}", suites.iter().map(|s| &s.0).collect::<Vec<_>>());
}
