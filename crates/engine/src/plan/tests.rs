//! Machines that are simulated, and models as they exist.

use super::*;
use crate::memory::CacheType;
use crate::preflight::Layer;

const GIB: u64 = 1 << 30;
const MIB: u64 = 1 << 20;

/// The measures of an eight-billion-weight model in four bits: 4.6 GB, 128 KiB of keys and values for each token.
fn eight_billion() -> Header {
    let layer = Layer {
        weight_bytes: 122 * MIB,
        key_width: 1024,
        value_width: 1024,
        ..Layer::default()
    };
    Header {
        architecture: "llama".to_owned(),
        context_length: 131_072,
        block_count: 32,
        embedding_length: 4096,
        feed_forward_length: 14_336,
        is_gated: true,
        causal: true,
        token_count: 128_256,
        input_bytes: 281 * MIB,
        output_bytes: 411 * MIB,
        layers: vec![layer; 32],
        head_count: 32,
        head_width: 128,
        ..Header::default()
    }
}

/// A model of 135 million weights.
fn tiny() -> Header {
    let layer = Layer {
        weight_bytes: 2 * MIB,
        key_width: 192,
        value_width: 192,
        ..Layer::default()
    };
    Header {
        architecture: "llama".to_owned(),
        context_length: 8192,
        block_count: 30,
        embedding_length: 576,
        feed_forward_length: 1536,
        is_gated: true,
        causal: true,
        token_count: 49_152,
        input_bytes: 30 * MIB,
        shared_bytes: 30 * MIB,
        layers: vec![layer; 30],
        head_count: 9,
        head_width: 64,
        ..Header::default()
    }
}

fn processor() -> Device {
    device("CPU", DeviceKind::Processor, 64 * GIB, 64 * GIB)
}

fn device(name: &str, kind: DeviceKind, free: u64, total: u64) -> Device {
    Device {
        name: name.to_owned(),
        description: String::new(),
        kind,
        free,
        total,
        index: 0,
    }
}

fn gpu(free: u64) -> Device {
    device("GPU", DeviceKind::Gpu, free, free)
}

fn integrated(free: u64) -> Device {
    device("Integrated", DeviceKind::IntegratedGpu, free, free)
}

fn wish(context: u32) -> Opening {
    Opening::conversation(context, false)
}

/// That a plan keeps to what there is, whatever it says.
#[track_caller]
fn sound(header: &Header, devices: &[Device], free: u64, wanted: &Opening) -> Plan {
    let plan = plan(header, devices, free, wanted).expect("there is room");
    assert_eq!(plan.needs.gpus.len(), plan.shares.len());
    let mut in_ram = plan.needs.processor.total() + overhead(header);
    for (share, need) in plan.shares.iter().zip(&plan.needs.gpus) {
        let device = &devices[share.device];
        assert!(share.layers > 0);
        assert!(need.total() <= device.free, "{need:?} on {device:?}");
        match device.kind {
            DeviceKind::Processor => panic!("the processor is no GPU"),
            DeviceKind::Gpu => {}
            DeviceKind::IntegratedGpu => in_ram += need.total(),
        }
    }
    assert!(in_ram <= free, "{in_ram} bytes of {free}");
    assert!(plan.layers_on_gpus() <= plan.layers);
    assert!(plan.opening.context <= wanted.context);
    assert_eq!(
        Opening {
            context: wanted.context,
            ..plan.opening
        },
        *wanted,
        "only the context may differ from the wish"
    );
    plan
}

#[test]
fn a_machine_without_a_gpu_computes_on_its_processor_and_that_is_no_step_down() {
    let plan = sound(&eight_billion(), &[processor()], 64 * GIB, &wish(4096));
    assert_eq!(plan.shares, []);
    assert_eq!(plan.steps, []);
    assert_eq!(plan.opening.context, 4096);
}

#[test]
fn a_gpu_of_8_gb_takes_the_whole_model() {
    let devices = [processor(), gpu(8 * GIB)];
    let plan = sound(&eight_billion(), &devices, 64 * GIB, &wish(4096));
    assert_eq!(
        plan.shares,
        [Share {
            device: 1,
            layers: 33
        }]
    );
    assert_eq!(plan.steps, []);
}

#[test]
fn a_gpu_of_2_gb_takes_some_layers() {
    let devices = [processor(), gpu(2 * GIB)];
    let plan = sound(&eight_billion(), &devices, 64 * GIB, &wish(4096));
    let layers = plan.layers_on_gpus();
    assert!((1..15).contains(&layers), "{layers}");
    assert_eq!(plan.steps, [StepDown::FewerLayersOnGpu { layers, of: 33 }]);
    let more = needs(&eight_billion(), &wish(4096), &[layers + 1]).gpus[0].total();
    assert!(
        more + margin_of_gpu(2 * GIB) > 2 * GIB,
        "one more would fit"
    );
}

#[test]
fn the_context_that_is_wished_comes_before_layers_on_the_gpu() {
    let devices = [processor(), gpu(8 * GIB)];
    let plan = sound(&eight_billion(), &devices, 64 * GIB, &wish(65_536));
    assert_eq!(plan.opening.context, 65_536);
    let layers = plan.layers_on_gpus();
    assert!((1..33).contains(&layers), "{layers}");
}

#[test]
fn a_huge_context_is_halved_until_it_fits() {
    let devices = [processor(), gpu(8 * GIB)];
    let plan = sound(&eight_billion(), &devices, 10 * GIB, &wish(131_072));
    assert!(plan.opening.context < 131_072 && 131_072 % plan.opening.context == 0);
    assert!(plan.steps.contains(&StepDown::ShorterContext {
        wanted: 131_072,
        given: plan.opening.context
    }));
    let mut double = plan.opening;
    double.context *= 2;
    let room =
        |opening: &Opening| super::plan(&eight_billion(), &devices, 10 * GIB, opening).unwrap();
    assert!(
        room(&double).opening.context < double.context,
        "twice as long would fit"
    );
}

#[test]
fn one_gpu_that_is_enough_is_not_helped_by_another() {
    let devices = [processor(), gpu(8 * GIB), gpu(24 * GIB)];
    let plan = sound(&eight_billion(), &devices, 64 * GIB, &wish(4096));
    assert_eq!(
        plan.shares,
        [Share {
            device: 2,
            layers: 33
        }]
    );
}

#[test]
fn two_gpus_of_different_sizes_share_by_their_memory() {
    let devices = [processor(), gpu(3 * GIB), gpu(5 * GIB)];
    let plan = sound(&eight_billion(), &devices, 64 * GIB, &wish(4096));
    let [first, second] = plan.shares[..] else {
        panic!("{plan:?}");
    };
    assert_eq!(
        (first.device, second.device),
        (2, 1),
        "the larger comes first"
    );
    assert!(first.layers > second.layers, "{plan:?}");
    assert!(plan.layers_on_gpus() > 20);
}

#[test]
fn an_integrated_gpu_serves_where_there_is_no_other() {
    let devices = [processor(), integrated(16 * GIB)];
    let plan = sound(&eight_billion(), &devices, 20 * GIB, &wish(4096));
    assert_eq!(
        plan.shares,
        [Share {
            device: 1,
            layers: 33
        }]
    );
    assert_eq!(plan.steps, []);
}

#[test]
fn a_gpu_with_memory_of_its_own_goes_before_an_integrated_one_that_reports_more() {
    let devices = [processor(), integrated(48 * GIB), gpu(8 * GIB)];
    let plan = sound(&eight_billion(), &devices, 64 * GIB, &wish(4096));
    assert_eq!(
        plan.shares,
        [Share {
            device: 2,
            layers: 33
        }]
    );
}

#[test]
fn an_integrated_gpu_gets_no_memory_twice() {
    // It says that 12 GB are free, but they are those of the processor, which has 5.
    let devices = [processor(), integrated(12 * GIB)];
    let free = 6 * GIB + 512 * MIB;
    let plan = sound(&eight_billion(), &devices, free, &wish(4096));
    let both: u64 =
        plan.needs.gpus.iter().map(|need| need.total()).sum::<u64>() + plan.needs.processor.total();
    assert!(both < free);
}

#[test]
fn a_gpu_that_reports_nothing_free_is_left_alone_and_that_is_said() {
    for total in [0, 8 * GIB] {
        let devices = [processor(), device("GPU", DeviceKind::Gpu, 0, total)];
        let plan = sound(&eight_billion(), &devices, 64 * GIB, &wish(4096));
        assert_eq!(plan.shares, []);
        assert_eq!(plan.steps, [StepDown::GpuMemoryUnknown]);
    }
}

#[test]
fn a_gpu_that_reports_nothing_leaves_the_work_to_one_that_does() {
    let devices = [processor(), gpu(0), integrated(16 * GIB)];
    let plan = sound(&eight_billion(), &devices, 64 * GIB, &wish(4096));
    assert_eq!(
        plan.shares,
        [Share {
            device: 2,
            layers: 33
        }]
    );
}

#[test]
fn a_gpu_without_room_for_one_layer_leaves_everything_to_the_processor() {
    let devices = [processor(), gpu(512 * MIB)];
    let plan = sound(&eight_billion(), &devices, 64 * GIB, &wish(4096));
    assert_eq!(plan.shares, []);
    assert_eq!(plan.opening.context, 4096);
    assert_eq!(plan.steps, [StepDown::GpuTooSmall { free: 512 * MIB }]);
}

#[test]
fn a_gpu_makes_room_where_the_processor_has_too_little() {
    let header = eight_billion();
    let free = 3 * GIB;
    assert!(plan(&header, &[processor()], free, &wish(4096)).is_err());
    let plan = sound(&header, &[processor(), gpu(8 * GIB)], free, &wish(4096));
    assert_eq!(plan.layers_on_gpus(), 33);
}

#[test]
fn a_model_that_fits_nowhere_is_refused_with_both_numbers() {
    let header = eight_billion();
    let devices = [processor(), gpu(2 * GIB)];
    let refused = plan(&header, &devices, 2 * GIB, &wish(4096)).unwrap_err();
    assert!(
        refused.needed > 4 * GIB && refused.needed < 7 * GIB,
        "{refused:?}"
    );
    assert!(
        refused.available <= 2 * GIB && refused.available > GIB,
        "{refused:?}"
    );
}

#[test]
fn a_machine_of_512_mb_runs_a_tiny_model_and_refuses_a_large_one() {
    let free = 350 * MIB;
    let plan = sound(&tiny(), &[processor()], free, &wish(8192));
    assert!((2048..8192).contains(&plan.opening.context), "{plan:?}");
    assert!(super::plan(&eight_billion(), &[processor()], free, &wish(8192)).is_err());
}

#[test]
fn a_context_is_not_halved_below_2048_tokens_or_what_the_model_knows() {
    let mut header = tiny();
    let halved = |header: &Header, wanted: Opening| -> Vec<u32> {
        let next = |&context: &u32| shorter(header, &Opening { context, ..wanted });
        std::iter::successors(shorter(header, &wanted), next).collect()
    };
    let contexts = |header: &Header, wanted: u32| halved(header, wish(wanted));
    assert_eq!(contexts(&header, 10_000), [5000, 2500, 2048]);
    assert!(contexts(&header, 2048).is_empty());
    assert!(contexts(&header, 1000).is_empty());
    header.context_length = 512;
    assert_eq!(contexts(&header, 1500), [750, 512]);
    header.context_length = 0;
    assert_eq!(contexts(&header, 5000), [2500, 2048]);
    // Texts that are read as a whole are passages.
    assert_eq!(halved(&header, Opening::reading(2048)), [1024, 512, 256]);
}

#[test]
fn the_way_keys_are_kept_is_as_wished_and_halves_what_they_take() {
    let small = Opening {
        cache: CacheType::Q8_0,
        ..wish(65_536)
    };
    let devices = [processor(), gpu(8 * GIB)];
    let plain = sound(&eight_billion(), &devices, 64 * GIB, &wish(65_536));
    let small = sound(&eight_billion(), &devices, 64 * GIB, &small);
    assert!(small.layers_on_gpus() > plain.layers_on_gpus());
}

#[test]
fn layers_are_split_without_a_rest_and_the_larger_gpu_gets_no_less() {
    let gpu = |available: u64| Gpu {
        device: 0,
        available,
        is_shared: false,
    };
    for layers in 1..100 {
        for sizes in [
            vec![8, 8],
            vec![24, 8, 8],
            vec![5, 3],
            vec![100, 1],
            vec![u64::MAX, u64::MAX],
        ] {
            let gpus: Vec<_> = sizes.iter().map(|&size| gpu(size)).collect();
            let shares = split(layers, &gpus);
            assert_eq!(shares.iter().sum::<u64>(), layers);
            assert!(
                shares.is_sorted_by(|before, after| before + 1 >= *after),
                "{shares:?}"
            );
        }
    }
}

#[test]
fn more_memory_never_makes_a_worse_plan() {
    let header = eight_billion();
    let mut before = (0, 0);
    for gigabytes in 0..20 {
        let devices = [processor(), gpu(gigabytes * GIB)];
        let plan = sound(&header, &devices, 12 * GIB, &wish(32_768));
        let now = (plan.opening.context, plan.layers_on_gpus());
        assert!(now >= before, "{gigabytes} GB: {now:?} after {before:?}");
        before = now;
    }
    assert_eq!(before, (32_768, 33));
}

#[test]
fn a_plan_that_failed_is_followed_by_smaller_ones_and_soon_by_the_processor_alone() {
    let header = eight_billion();
    let mut devices = [processor(), gpu(8 * GIB), gpu(24 * GIB)];
    let mut asked = u64::MAX;
    for _ in 0..16 {
        let plan = sound(&header, &devices, 64 * GIB, &wish(32_768));
        if plan.shares.is_empty() {
            return;
        }
        let most = plan
            .needs
            .gpus
            .iter()
            .map(|need| need.total())
            .max()
            .unwrap();
        assert!(most < asked, "it asks for as much again");
        asked = most;
        trust_less(&mut devices, &plan);
    }
    panic!("it never leaves the GPUs alone");
}

#[test]
fn absurd_machines_and_models_do_no_harm() {
    let devices = [processor(), gpu(u64::MAX), integrated(1)];
    for free in [0, 1, u64::MAX] {
        for context in [0, 1, u32::MAX] {
            for header in [Header::default(), tiny(), eight_billion()] {
                let _verdict = plan(&header, &devices, free, &wish(context));
            }
        }
    }
}

#[test]
fn a_second_context_needs_room_beside_the_planned_one() {
    let (header, devices) = (tiny(), [processor()]);
    let opening = Opening::conversation(8192, false);
    let plan = plan(&header, &devices, 64 * GIB, &opening).unwrap();
    let small = Opening {
        context: 1029,
        sequences: 1,
        outputs: 1,
        ..opening
    };
    let needed = plan.needs.processor.total() + overhead(&header);
    // A sixteenth is left to the system.
    let enough_for_one = needed * 16 / 15 + MIB;
    assert!(plan.can_open(&opening, &header, &devices, enough_for_one));
    assert!(!plan.has_room_beside(&small, &header, &devices, enough_for_one));
    assert!(plan.has_room_beside(&small, &header, &devices, 64 * GIB));
}
