using System.Text.Json;
using Nonet.Checkpoints;
using Nonet.Models.Encoders;
using Nonet.Tensors;

namespace Nonet.Tests.Models.Encoders;

/// <summary>BERT and RoBERTa with every head against transformers: sequences of several lengths, padded and masked there, end to end here.</summary>
public sealed class BertParityTests
{
    const string Shape = "vocab_size=311, hidden_size=48, num_hidden_layers=3, num_attention_heads=6, intermediate_size=104, max_position_embeddings=100";

    static readonly (string Class, string Settings)[] models =
    [
        ("BertModel", Shape), ("BertForPreTraining", Shape), ("BertForMaskedLM", Shape), ("BertForNextSentencePrediction", Shape),
        ("BertForSequenceClassification", Shape + ", num_labels=5"), ("BertForSequenceClassification", Shape + ", num_labels=1, problem_type='regression'"),
        ("BertForSequenceClassification",
            Shape + ", id2label={0:'no',1:'yes',2:'maybe'}, problem_type='multi_label_classification', classifier_dropout=0.3, hidden_act='gelu_new'"),
        ("BertForTokenClassification", Shape + ", num_labels=7"), ("BertForQuestionAnswering", Shape), ("BertForMultipleChoice", Shape),
        ("RobertaModel", Shape), ("RobertaForMaskedLM", Shape), ("RobertaForSequenceClassification", Shape + ", num_labels=4"),
        ("RobertaForTokenClassification", Shape + ", num_labels=6, pad_token_id=3"),
        ("RobertaForQuestionAnswering", Shape), ("RobertaForMultipleChoice", Shape + ", type_vocab_size=2"),
    ];

    const string Make = """
        import sys, json, torch, transformers as t
        for i, (name, settings) in enumerate(json.load(open(sys.argv[1] + '/models.json'))):
            torch.manual_seed(i)
            config = t.RobertaConfig if name.startswith('Roberta') else t.BertConfig
            model = getattr(t, name)(config(**eval('dict(' + settings + ')'))).eval()
            for _, p in model.named_parameters():
                if p.ndim == 2: p.data *= 4
                else: p.data += 0.1 * torch.randn_like(p)
            model.save_pretrained(f'{sys.argv[1]}/{i}')
        """;

    /// <summary>All that a model gives for the unpadded tokens, one number after another.</summary>
    const string Evaluate = """
        import sys, json, os, torch, transformers as t
        root, inner = sys.argv[1], sys.argv[2]
        inputs = json.load(open(root + '/inputs.json'))
        for name in sorted(os.listdir(root)):
            folder = os.path.join(root, name, inner)
            if not os.path.exists(folder + '/config.json'): continue
            arch = json.load(open(folder + '/config.json'))['architectures'][0]
            model, info = getattr(t, arch).from_pretrained(folder, dtype=torch.float32, attn_implementation='eager', output_loading_info=True)
            assert not info['missing_keys'] and not info['unexpected_keys'], (folder, info)
            model.eval()
            pad = model.config.pad_token_id if 'Roberta' in arch else 0
            longest = max(len(ids) for ids, _ in inputs)
            x = torch.tensor([ids + [pad] * (longest - len(ids)) for ids, _ in inputs])
            s = torch.tensor([types + [0] * (longest - len(types)) for _, types in inputs])
            m = torch.tensor([[1] * len(ids) + [0] * (longest - len(ids)) for ids, _ in inputs])
            if model.config.type_vocab_size == 1: s = torch.zeros_like(s)
            if 'MultipleChoice' in arch: x, s, m = x[None], s[None], m[None]
            with torch.no_grad(): r = model(input_ids=x, token_type_ids=s, attention_mask=m)
            flat = lambda y: torch.cat([y[b, :len(ids)].flatten() for b, (ids, _) in enumerate(inputs)])
            if arch.endswith('Model'): y = torch.cat([flat(r.last_hidden_state), r.pooler_output.flatten()])
            elif 'PreTraining' in arch: y = torch.cat([flat(r.prediction_logits), r.seq_relationship_logits.flatten()])
            elif 'MaskedLM' in arch or 'TokenClass' in arch: y = flat(r.logits)
            elif 'QuestionAnswering' in arch: y = flat(torch.stack([r.start_logits, r.end_logits], -1))
            else: y = r.logits.flatten()
            json.dump(dict(y=y.tolist(), labels=[model.config.id2label[i] for i in range(model.config.num_labels)], problem=model.config.problem_type), open(folder + '/out.json', 'w'))
        """;

    [Fact]
    public void Logits_are_those_of_transformers_and_what_is_written_here_computes_the_same_there()
    {
        using var peer = new Peer();
        int[][] inputs = [TinyModels.Ids(30, 300), TinyModels.Ids(9, 300, site: 1), TinyModels.Ids(1, 300, site: 2), TinyModels.Ids(22, 300, site: 3)];
        foreach (var ids in inputs)
        {
            for (var i = 0; i < ids.Length; i++)
                ids[i] += ids[i] < 8 ? 8 : 0; // none of the padding ids
        }
        int[][] types = [.. inputs.Select(ids => ids.Select((_, i) => i > ids.Length / 2 ? 1 : 0).ToArray())];
        File.WriteAllText(Path.Combine(peer.Folder, "models.json"), JsonSerializer.Serialize(models.Select(m => new[] { m.Class, m.Settings })));
        File.WriteAllText(Path.Combine(peer.Folder, "inputs.json"), JsonSerializer.Serialize(inputs.Zip(types, (ids, s) => new[] { ids, s })));
        peer.Python("-c", Make, peer.Inside);
        peer.Python("-c", Evaluate, peer.Inside, "");
        for (var i = 0; i < models.Length; i++)
        {
            var folder = Path.Combine(peer.Folder, $"{i}");
            var opened = HuggingFaceFolder.Open(folder);
            using var store = new ParameterStore(TinyModels.Cpu);
            var model = (Bert)opened.Config.Create(store.Root);
            store.FillForInference(opened.Weights);
            var (wanted, got) = (Numbers(folder), ModelParity.Task(model, inputs, types));
            TinyModels.Close(wanted, got, 1e-4, models[i].Class);
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{models[i].Class}: {wanted.Zip(got, (a, b) => Math.Abs(a - b)).Max() / wanted.Max(Math.Abs):0.0e0} of the largest");
            HuggingFaceFolder.Save(Path.Combine(folder, "written"), opened.Config, store);
            Assert.Equal(opened.Config, HuggingFaceFolder.Open(Path.Combine(folder, "written")).Config);
        }
        peer.Python("-c", Evaluate, peer.Inside, "written");
        for (var i = 0; i < models.Length; i++)
        {
            var (first, again) = (Path.Combine(peer.Folder, $"{i}"), Path.Combine(peer.Folder, $"{i}", "written"));
            TinyModels.Close(Numbers(first), Numbers(again), 1e-6, models[i].Class);
            if (((BertConfig)HuggingFaceFolder.Open(first).Config).Labels is { Count: > 0 } labels)
                Assert.Equal(labels, Read(again).GetProperty("labels").EnumerateArray().Select(l => l.GetString()));
        }
    }

    static double[] Numbers(string folder) => [.. Read(folder).GetProperty("y").EnumerateArray().Select(v => v.GetDouble())];

    static JsonElement Read(string folder) => JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "out.json"))).RootElement;
}
