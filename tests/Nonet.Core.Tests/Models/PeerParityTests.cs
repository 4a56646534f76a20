using System.Runtime.InteropServices;
using System.Text.Json;
using Nonet.Checkpoints;
using Nonet.Models;
using Nonet.Tensors;

namespace Nonet.Tests.Models;

/// <summary>
/// Random models of transformers, of every family and of odd settings, opened and computed here; and what is written from them, opened there.
/// </summary>
public sealed class PeerParityTests(PeerParityTests.Made made) : IClassFixture<PeerParityTests.Made>
{
    const int Prompt = 90, Target = 20, NewTokens = 24;
    const string Wide = "vocab_size=311, hidden_size=48, num_hidden_layers=4, num_attention_heads=6, intermediate_size=104, max_position_embeddings=192";
    const string Grouped = Wide + ", num_key_value_heads=3";
    const string Seq = "vocab_size=311, d_model=48, encoder_layers=2, encoder_attention_heads=4, encoder_ffn_dim=104, max_position_embeddings=192, "
        + "eos_token_id=0";
    const string Alike = ", decoder_layers=3, decoder_attention_heads=4, decoder_ffn_dim=104";
    const string Pad310 = ", pad_token_id=310, decoder_start_token_id=310";

    /// <summary>The families as hf_make.py makes them.</summary>
    static readonly string[] families =
        ["gpt2", "gptj", "llama", "llama31", "mistral", "qwen2", "qwen3", "phi3", "gemma2", "gemma3", "olmo2", "granite", "qwen3moe", "bert", "roberta", "t5",
        "marian"];

    /// <summary>Class and settings, in Python's syntax, of three or more odd models a family.</summary>
    static readonly (string Class, string Settings)[] odd =
    [
        ("GPT2LMHeadModel", "vocab_size=311, n_embd=48, n_layer=3, n_head=6, n_positions=192, n_inner=100, activation_function='relu'"),
        ("GPT2LMHeadModel", "vocab_size=311, n_embd=48, n_layer=3, n_head=6, n_positions=192, scale_attn_by_inverse_layer_idx=True, layer_norm_epsilon=1e-3"),
        ("GPT2LMHeadModel", "vocab_size=311, n_embd=40, n_layer=3, n_head=1, n_positions=192, tie_word_embeddings=False, activation_function='gelu'"),
        ("GPTNeoForCausalLM",
            "vocab_size=311, hidden_size=48, num_layers=4, num_heads=6, max_position_embeddings=192, window_size=9, attention_types=[[['global','local'],2]]"),
        ("GPTNeoForCausalLM",
            "vocab_size=311, hidden_size=64, num_layers=3, num_heads=4, max_position_embeddings=192, window_size=16, intermediate_size=90, "
            + "attention_types=[[['local'],1],[['global'],2]]"),
        ("GPTNeoForCausalLM",
            "vocab_size=311, hidden_size=24, num_layers=2, num_heads=2, max_position_embeddings=192, window_size=300, activation_function='gelu', "
            + "layer_norm_epsilon=1e-3, attention_types=[[['global','local'],1]]"),
        ("GPTJForCausalLM", "vocab_size=311, n_embd=48, n_layer=3, n_head=3, n_positions=192, rotary_dim=16"),
        ("GPTJForCausalLM", "vocab_size=311, n_embd=40, n_layer=3, n_head=2, n_positions=192, rotary_dim=2, n_inner=70, activation_function='gelu'"),
        ("GPTJForCausalLM", "vocab_size=311, n_embd=40, n_layer=1, n_head=1, n_positions=192, rotary_dim=40, layer_norm_epsilon=1e-3"),
        ("LlamaForCausalLM", Grouped + ", attention_bias=True, mlp_bias=True, rope_parameters=dict(rope_type='linear', factor=4.0, rope_theta=20000.0)"),
        ("LlamaForCausalLM",
            Grouped + ", head_dim=20, rms_norm_eps=1e-3, rope_parameters=dict(rope_type='yarn', factor=4.0, original_max_position_embeddings=48, "
            + "rope_theta=10000.0)"),
        ("LlamaForCausalLM",
            "vocab_size=311, hidden_size=48, num_hidden_layers=4, num_attention_heads=6, num_key_value_heads=1, intermediate_size=104, "
            + "max_position_embeddings=64, rope_parameters=dict(rope_type='dynamic', factor=3.0, rope_theta=10000.0)"),
        ("MistralForCausalLM", Grouped + ", sliding_window=None, tie_word_embeddings=True"),
        ("MistralForCausalLM", Grouped + ", sliding_window=2, head_dim=12"),
        ("MistralForCausalLM", Wide + ", num_key_value_heads=6, sliding_window=190, rms_norm_eps=1e-3"),
        ("Qwen2ForCausalLM", Grouped + ", tie_word_embeddings=True"),
        ("Qwen2ForCausalLM", Grouped + ", use_sliding_window=True, sliding_window=10, max_window_layers=2"),
        ("Qwen2ForCausalLM",
            Wide + ", num_key_value_heads=2, rope_parameters=dict(rope_type='yarn', factor=2.0, original_max_position_embeddings=96, rope_theta=1000000.0)"),
        ("Qwen3ForCausalLM", Grouped + ", head_dim=8, attention_bias=True"),
        ("Qwen3ForCausalLM", Grouped + ", head_dim=24, tie_word_embeddings=True, use_sliding_window=True, sliding_window=12, max_window_layers=1"),
        ("Qwen3ForCausalLM", Wide + ", num_key_value_heads=1, head_dim=128, rms_norm_eps=1e-3"),
        ("Phi3ForCausalLM", Grouped + ", pad_token_id=0, sliding_window=20"),
        ("Phi3ForCausalLM",
            Grouped + ", pad_token_id=0, rope_parameters=dict(rope_type='default', rope_theta=10000.0, partial_rotary_factor=0.5), tie_word_embeddings=True"),
        ("Phi3ForCausalLM",
            Grouped + ", pad_token_id=0, original_max_position_embeddings=64, rope_parameters=dict(rope_type='longrope', rope_theta=10000.0, "
            + "short_factor=[1.0,1.1,1.2,1.3], long_factor=[2.0,3.0,4.0,5.0], original_max_position_embeddings=64)"),
        ("Gemma2ForCausalLM", Grouped + ", head_dim=16, sliding_window=9, query_pre_attn_scalar=48"),
        ("Gemma2ForCausalLM", Grouped + ", head_dim=8, attn_logit_softcapping=None, final_logit_softcapping=None, attention_bias=True"),
        ("Gemma2ForCausalLM",
            Wide + ", num_key_value_heads=1, head_dim=12, sliding_window=30, attn_logit_softcapping=3.0, "
            + "layer_types=['full_attention','sliding_attention','sliding_attention','full_attention']"),
        ("Gemma3ForCausalLM",
            "vocab_size=311, hidden_size=48, num_hidden_layers=8, num_attention_heads=6, num_key_value_heads=2, intermediate_size=104, "
            + "max_position_embeddings=192, head_dim=16, sliding_window=7, query_pre_attn_scalar=12"),
        ("Gemma3ForCausalLM",
            Grouped + ", head_dim=8, sliding_window=20, final_logit_softcapping=5.0, rope_parameters=dict(full_attention=dict(rope_type='linear', "
            + "factor=8.0, rope_theta=1000000.0), sliding_attention=dict(rope_type='default', rope_theta=10000.0))"),
        ("Gemma3ForCausalLM", Wide + ", num_key_value_heads=3, head_dim=10, sliding_window=4, attn_logit_softcapping=10.0, rms_norm_eps=1e-3"),
        ("Olmo2ForCausalLM", Grouped + ", tie_word_embeddings=True, rms_norm_eps=1e-3"),
        ("Olmo2ForCausalLM", Grouped + ", attention_bias=True, rope_parameters=dict(rope_type='linear', factor=4.0, rope_theta=20000.0)"),
        ("Olmo2ForCausalLM", Wide + ", num_key_value_heads=1"),
        ("GraniteForCausalLM",
            Grouped + ", embedding_multiplier=3.0, attention_multiplier=0.2, residual_multiplier=0.5, logits_scaling=2.0, tie_word_embeddings=True"),
        ("GraniteForCausalLM", Grouped + ", attention_bias=True, mlp_bias=True, residual_multiplier=0.7"),
        ("GraniteForCausalLM", Wide + ", num_key_value_heads=6, attention_multiplier=0.35, logits_scaling=0.5, rms_norm_eps=1e-3"),
        ("Qwen3MoeForCausalLM", Grouped + ", head_dim=8, num_experts=5, num_experts_per_tok=3, moe_intermediate_size=20, norm_topk_prob=False"),
        ("Qwen3MoeForCausalLM",
            Grouped + ", head_dim=24, num_experts=4, num_experts_per_tok=4, moe_intermediate_size=36, norm_topk_prob=True, decoder_sparse_step=2, "
            + "tie_word_embeddings=True"),
        ("Qwen3MoeForCausalLM",
            Wide + ", num_key_value_heads=2, head_dim=8, num_experts=7, num_experts_per_tok=1, moe_intermediate_size=16, norm_topk_prob=True, "
            + "mlp_only_layers=[1], attention_bias=True"),
        ("BertForMaskedLM", Wide + ", hidden_act='relu', layer_norm_eps=1e-3"),
        ("BertForMaskedLM", Wide + ", type_vocab_size=5, hidden_act='gelu_new'"),
        ("BertForPreTraining", "vocab_size=311, hidden_size=40, num_hidden_layers=1, num_attention_heads=1, intermediate_size=17, max_position_embeddings=100"),
        ("RobertaForMaskedLM", Wide + ", pad_token_id=7, type_vocab_size=1"),
        ("RobertaForMaskedLM", Wide + ", pad_token_id=0, hidden_act='relu'"),
        ("RobertaForMaskedLM",
            "vocab_size=311, hidden_size=40, num_hidden_layers=1, num_attention_heads=2, intermediate_size=17, max_position_embeddings=150, "
            + "layer_norm_eps=1e-3"),
        ("T5ForConditionalGeneration",
            "vocab_size=311, d_model=48, d_kv=10, d_ff=100, num_layers=3, num_decoder_layers=2, num_heads=6, feed_forward_proj='relu', "
            + "decoder_start_token_id=0"),
        ("T5ForConditionalGeneration",
            "vocab_size=311, d_model=48, d_kv=8, d_ff=100, num_layers=2, num_heads=3, feed_forward_proj='gated-silu', relative_attention_num_buckets=8, "
            + "relative_attention_max_distance=20, decoder_start_token_id=3"),
        ("T5ForConditionalGeneration",
            "vocab_size=311, d_model=40, d_kv=40, d_ff=100, num_layers=2, num_heads=1, feed_forward_proj='gated-gelu', tie_word_embeddings=False, "
            + "layer_norm_epsilon=1e-3, decoder_start_token_id=0"),
        ("MarianMTModel", Seq + Alike + Pad310 + ", scale_embedding=True, activation_function='swish'"),
        ("MarianMTModel", Seq + Pad310 + ", decoder_layers=1, decoder_attention_heads=2, decoder_ffn_dim=50, activation_function='relu'"),
        ("MarianMTModel",
            Seq + Alike + ", decoder_vocab_size=200, share_encoder_decoder_embeddings=False, tie_word_embeddings=False, decoder_start_token_id=3, "
            + "pad_token_id=3"),
    ];

    public static TheoryData<string> Names => [.. families, .. odd.Select((o, i) => $"{i} {o.Class} {o.Settings}")];

    [Theory, MemberData(nameof(Names))]
    public void Logits_and_greedy_text_are_those_of_transformers(string name)
    {
        var folder = made.Folder(name);
        using var store = new ParameterStore(TinyModels.Cpu);
        var opened = HuggingFaceFolder.Open(folder);
        var model = opened.Config.Create(store.Root);
        store.FillForInference(opened.Weights);
        TinyModels.Close(ReadNpy(Path.Combine(folder, "logits.npy")), Logits(model), 1e-4, "logits");
        if (model is not IMaskedModel)
            Assert.Equal(JsonSerializer.Deserialize<int[]>(File.ReadAllText(Path.Combine(folder, "greedy.json")))!, Greedy(model));
    }

    /// <summary>Every model written here, opened there, in one run of Python.</summary>
    [Fact]
    public void What_is_written_here_computes_the_same_there()
    {
        string[] names = [.. Names.Select(row => row.Data)];
        foreach (var name in names)
        {
            using var store = new ParameterStore(TinyModels.Cpu);
            var opened = HuggingFaceFolder.Open(made.Folder(name));
            opened.Config.Create(store.Root);
            store.FillForInference(opened.Weights);
            var written = Path.Combine(made.Folder(name), "written");
            HuggingFaceFolder.Save(written, opened.Config, store);
            Assert.Equal(opened.Config, HuggingFaceFolder.Open(written).Config);
        }
        made.Compute("written");
        foreach (var name in names)
        {
            var (first, again) = (made.Folder(name), Path.Combine(made.Folder(name), "written"));
            TinyModels.Close(ReadNpy(Path.Combine(first, "logits.npy")), ReadNpy(Path.Combine(again, "logits.npy")), 1e-5, name);
            Assert.Equal(File.ReadAllText(Path.Combine(first, "greedy.json")), File.ReadAllText(Path.Combine(again, "greedy.json")));
        }
    }

    static int[] Ids(ILanguageModel model) => TinyModels.Ids(Prompt, Math.Min(model.Vocab, SmallestVocab));

    /// <summary>Ids that all of the models have.</summary>
    const int SmallestVocab = 200;

    static double[] Logits(ILanguageModel model) => ModelParity.Logits(model, Ids(model), TinyModels.Ids(Target, SmallestVocab, site: 1));

    static int[] Greedy(ILanguageModel model)
    {
        var text = ModelParity.Greedy(model, Ids(model), NewTokens);
        return model is IEncoderDecoder both ? [both.StartToken, .. text] : [.. Ids(model), .. text];
    }

    /// <summary>Values of a .npy file of F32 in row order: version 1 has the length of its header in bytes 8 and 9.</summary>
    static double[] ReadNpy(string file)
    {
        var bytes = File.ReadAllBytes(file);
        var header = System.Text.Encoding.ASCII.GetString(bytes, 10, BitConverter.ToUInt16(bytes, 8));
        Assert.Contains("'descr': '<f4', 'fortran_order': False", header, StringComparison.Ordinal);
        return [.. MemoryMarshal.Cast<byte, float>(bytes.AsSpan(10 + header.Length)).ToArray().Select(v => (double)v)];
    }

    /// <summary>All models, made and computed by one process each.</summary>
    public sealed class Made : IDisposable
    {
        /// <summary>Weights away from the usual small start, so that a wrong layout or a missing bias shows.</summary>
        const string Make = """
            import sys, json, runpy, torch, transformers as t
            def config_of(name):
                for end in ('ForCausalLM', 'LMHeadModel', 'ForMaskedLM', 'ForPreTraining', 'ForConditionalGeneration', 'MTModel'):
                    name = name.removesuffix(end)
                return getattr(t, ('Gemma3Text' if name == 'Gemma3' else name) + 'Config')
            for i, (name, settings) in enumerate(json.load(open(sys.argv[1] + '/odd.json'))):
                torch.manual_seed(i)
                model = getattr(t, name)(config_of(name)(**eval('dict(' + settings + ')'))).eval()
                for _, p in model.named_parameters():
                    if p.ndim == 2 and not name.startswith('T5'): p.data *= 4
                    elif p.ndim == 1: p.data += 0.1 * torch.randn_like(p)
                model.save_pretrained(f'{sys.argv[1]}/{i}')
            for family in json.load(open(sys.argv[1] + '/families.json')):
                argv = sys.argv
                sys.argv = ['hf_make.py', family, f'{argv[1]}/{family}']
                runpy.run_path('/w/hf_make.py')
                sys.argv = argv
            """;

        /// <summary>The logits and greedy ids of every folder below one.</summary>
        const string Evaluate = """
            import sys, json, os, numpy as np, torch, transformers as t
            root, inner, new = sys.argv[1], sys.argv[2], int(sys.argv[3])
            ids, target = json.load(open(root + '/ids.json'))
            for name in sorted(os.listdir(root)):
                folder = os.path.join(root, name, inner)
                if not os.path.exists(folder + '/config.json'): continue
                arch = json.load(open(folder + '/config.json'))['architectures'][0]
                model = getattr(t, arch).from_pretrained(folder, dtype=torch.float32, attn_implementation='eager').eval()
                if model.can_generate() and model.generation_config: model.generation_config.forced_eos_token_id = None
                x = torch.tensor([ids])
                with torch.no_grad():
                    if model.config.is_encoder_decoder: y = model(input_ids=x, decoder_input_ids=torch.tensor([target])).logits
                    else: r = model(input_ids=x); y = r.prediction_logits if 'PreTraining' in arch else r.logits
                    np.save(folder + '/logits.npy', y[0].numpy())
                    greedy = []
                    if model.can_generate() and 'Masked' not in arch and 'PreTraining' not in arch:
                        greedy = model.generate(input_ids=x, max_new_tokens=new, do_sample=False, num_beams=1, eos_token_id=None, pad_token_id=0)[0].tolist()
                    json.dump(greedy, open(folder + '/greedy.json', 'w'))
            """;

        Peer? peer;

        /// <summary>Makes them when the first test asks, so that without a peer each test is skipped.</summary>
        Peer Ready()
        {
            if (peer is not null)
                return peer;
            peer = new Peer();
            File.WriteAllText(Path.Combine(peer.Folder, "odd.json"), JsonSerializer.Serialize(odd.Select(o => new[] { o.Class, o.Settings })));
            File.WriteAllText(Path.Combine(peer.Folder, "families.json"), JsonSerializer.Serialize(families));
            File.WriteAllText(Path.Combine(peer.Folder, "ids.json"),
                JsonSerializer.Serialize(new[] { TinyModels.Ids(Prompt, SmallestVocab), TinyModels.Ids(Target, SmallestVocab, site: 1) }));
            peer.Python("-c", Make, peer.Inside);
            Compute("");
            return peer;
        }

        public string Folder(string name) => Path.Combine(Ready().Folder, name.Split(' ')[0]);

        public void Compute(string inner) => peer!.Python("-c", Evaluate, peer.Inside, inner, $"{NewTokens}");

        public void Dispose() => peer?.Dispose();
    }
}
