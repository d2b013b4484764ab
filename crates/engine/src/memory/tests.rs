use super::*;

fn small() -> Header {
    Header {
        block_count: 2,
        input_bytes: 100_000,
        output_bytes: 100_000,
        layers: vec![layer(); 2],
        embedding_length: 64,
        ..Header::default()
    }
}

fn layer() -> Layer {
    Layer {
        weight_bytes: 400_000,
        key_width: 250,
        value_width: 250,
        ..Layer::default()
    }
}

#[test]
fn absurd_sizes_do_not_wrap_around() {
    let layer = Layer {
        weight_bytes: u64::MAX,
        key_width: u64::MAX,
        value_width: u64::MAX,
        state_width: u64::MAX,
        is_windowed: true,
    };
    let header = Header {
        block_count: u64::MAX,
        input_bytes: u64::MAX,
        output_bytes: u64::MAX,
        shared_bytes: u64::MAX,
        window: u64::MAX,
        embedding_length: u64::MAX,
        feed_forward_length: u64::MAX,
        expert_feed_forward_length: u64::MAX,
        experts_used: u64::MAX,
        token_count: u64::MAX,
        head_count: u64::MAX,
        head_width: u64::MAX,
        layers: vec![layer; 2],
        ..Header::default()
    };
    let opening = Opening {
        context: u32::MAX,
        sequences: u32::MAX,
        batch: u32::MAX,
        outputs: u32::MAX,
        cache: CacheType::Q8_0,
        has_flash_attention: false,
        keeps_everything: false,
        has_rows: true,
    };
    let all = needs(&header, &opening, &[]);
    assert_eq!(all.processor.total(), u64::MAX);
    let split = needs(&header, &opening, &[u64::MAX, u64::MAX]);
    assert_eq!(split.gpus[0].total(), u64::MAX);
}

#[test]
fn what_is_moved_to_a_gpu_is_not_counted_for_the_processor() {
    let header = small();
    let opening = Opening::conversation(4096, false);
    let moved = |layers: u64| needs(&header, &opening, &[layers]);
    let whole = moved(0).processor;
    assert_eq!(moved(0).gpus, [Need::default()]);
    for layers in 1..=3 {
        let Needs { processor, gpus } = moved(layers);
        assert_eq!(processor.weights + gpus[0].weights, whole.weights);
        assert_eq!(processor.cache + gpus[0].cache, whole.cache);
    }
    assert_eq!(moved(1).gpus[0].weights, header.output_bytes);
    assert_eq!(moved(3).processor.weights, header.input_bytes);
    assert_eq!(moved(3).processor.cache, 0);
}

#[test]
fn several_gpus_share_the_layers_in_their_order() {
    let mut header = small();
    header.layers[1].weight_bytes = 700_000;
    let Needs { processor, gpus } = needs(&header, &Opening::conversation(4096, false), &[1, 2]);
    assert_eq!(processor.weights, header.input_bytes);
    assert_eq!(gpus[0].weights, 400_000);
    assert_eq!(gpus[1].weights, 700_000 + header.output_bytes);
}

#[test]
fn an_output_that_shares_its_weights_with_the_input_needs_them_a_second_time_on_a_gpu() {
    let header = Header {
        shared_bytes: 90_000,
        ..small()
    };
    let opening = Opening::conversation(4096, false);
    let whole = needs(&header, &opening, &[0]);
    assert_eq!(whole.processor.weights, 1_000_000);
    for (layers, on_gpu, left) in [(1, 190_000, 900_000), (3, 990_000, 100_000)] {
        let moved = needs(&header, &opening, &[layers]);
        assert_eq!(moved.gpus[0].weights, on_gpu);
        assert_eq!(moved.processor.weights, left);
    }
}

#[test]
fn this_machine_has_memory() {
    assert!(available() > 0);
}
