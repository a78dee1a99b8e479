use graft::{
    backbone::{Backbone, Weights},
    pixels,
};
use safetensors::tensor::{Dtype, TensorView};
use std::{collections::HashMap, fs};
fn main() {
    let a: Vec<_> = std::env::args().skip(1).collect();
    let [weights, list, root, out] = a.as_slice() else {
        panic!()
    };
    let weights = Weights::from_safetensors(&fs::read(weights).unwrap()).unwrap();
    let drop = |gone: &[usize]| {
        let mut convs = weights.convs.iter();
        let mut kept = vec![convs.next().unwrap().clone()];
        for (at, block) in weights.architecture.blocks.iter().enumerate() {
            for _ in block.convolutions(at) {
                let conv = convs.next().unwrap();
                if !gone.contains(&at) {
                    kept.push(conv.clone());
                }
            }
        }
        kept.push(convs.next().unwrap().clone());
        let mut architecture = weights.architecture.clone();
        architecture.blocks = architecture
            .blocks
            .iter()
            .enumerate()
            .filter(|(at, _)| !gone.contains(at))
            .map(|(_, b)| *b)
            .collect();
        Weights {
            architecture,
            convs: kept,
        }
    };
    let mut nets: Vec<(String, Backbone)> = vec![("full".into(), Backbone::new(&weights))];
    for gone in [
        &[14][..],
        &[13, 14],
        &[12, 13, 14],
        &[13],
        &[12],
        &[10],
        &[9, 10],
        &[7],
        &[10, 14],
        &[10, 13, 14],
        &[9, 10, 12, 13, 14],
        &[10, 12, 13, 14],
        &[4, 7, 10, 14],
        &[7, 10, 12, 13, 14],
        &[2, 4, 7, 10, 12, 13, 14],
    ] {
        let name = gone
            .iter()
            .map(|g| g.to_string())
            .collect::<Vec<_>>()
            .join("_");
        let net = drop(gone);
        println!(
            "cutd{name}: {} params {:.1} MMAC",
            net.architecture.num_parameters(),
            net.architecture.multiply_adds().iter().sum::<f64>() / 1e6
        );
        nets.push((format!("cutd{name}"), Backbone::new(&net)));
    }
    for k in [11, 13, 15] {
        let net = weights.cut(k).unwrap();
        println!(
            "cut{k}: {} params {:.1} MMAC",
            net.architecture.num_parameters(),
            net.architecture.multiply_adds().iter().sum::<f64>() / 1e6
        );
    }
    let mut feats = vec![Vec::<u8>::new(); nets.len()];
    let mut times = vec![Vec::new(); nets.len()];
    let mut labels = Vec::new();
    let mut names: Vec<String> = vec![];
    for line in fs::read_to_string(list).unwrap().lines().skip(1) {
        let (path, label) = line.rsplit_once(',').unwrap();
        let Ok(image) = pixels::extract(&fs::read(format!("{root}/{path}")).unwrap(), 224) else {
            continue;
        };
        if !names.iter().any(|n| n == label) {
            names.push(label.into());
        }
        labels.push(names.iter().position(|n| n == label).unwrap() as f32);
        for (i, (_, net)) in nets.iter_mut().enumerate() {
            let t = std::time::Instant::now();
            feats[i].extend(
                net.forward(&image.pixels)
                    .iter()
                    .flat_map(|x| x.to_le_bytes()),
            );
            times[i].push(t.elapsed().as_secs_f64() * 1e3);
        }
    }
    let n = labels.len();
    let lb: Vec<u8> = labels.iter().flat_map(|x| x.to_le_bytes()).collect();
    let mut views = HashMap::new();
    views.insert(
        "labels".to_string(),
        TensorView::new(Dtype::F32, vec![n], &lb).unwrap(),
    );
    for (i, (name, _)) in nets.iter().enumerate() {
        times[i].sort_by(f64::total_cmp);
        println!("{name} {:.1} ms", times[i][n / 2]);
        views.insert(
            name.clone(),
            TensorView::new(Dtype::F32, vec![n, feats[i].len() / 4 / n], &feats[i]).unwrap(),
        );
    }
    fs::write(out, safetensors::serialize(views, None).unwrap()).unwrap();
}
