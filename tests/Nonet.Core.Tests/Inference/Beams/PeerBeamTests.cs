using System.Text.Json;
using Nonet.Checkpoints;
using Nonet.Inference.Beams;
using Nonet.Models;
using Nonet.Models.EncoderDecoders;
using Nonet.Tensors;
using Nonet.Tests.Models;

namespace Nonet.Tests.Inference.Beams;

/// <summary>
/// Beam search beside that of transformers: ours without a length penalty, which transformers defines otherwise, and transformers' rule with several.
/// </summary>
public class PeerBeamTests
{
    const string Script = """
        import sys, json, torch
        from transformers import AutoModelForSeq2SeqLM
        model = AutoModelForSeq2SeqLM.from_pretrained(sys.argv[1]).eval()
        found = []
        for source in json.loads(sys.argv[2]):
            out = model.generate(torch.tensor([source]), num_beams=4, num_return_sequences=4, length_penalty=float(sys.argv[3]), max_new_tokens=30, do_sample=False, early_stopping=False,
                eos_token_id=1, pad_token_id=0, bad_words_ids=[[0]], forced_eos_token_id=None, return_dict_in_generate=True, output_scores=True)
            found.append([dict(ids=(s.tolist()[1:] + [1])[:(s.tolist()[1:] + [1]).index(1)], score=x) for s, x in zip(out.sequences, out.sequences_scores.tolist())])
        print(json.dumps(found))
        """;

    [Theory]
    [InlineData("marian", null)]
    [InlineData("t5", null)]
    [InlineData("marian", 0.0)]
    [InlineData("marian", 1.0)]
    [InlineData("marian", -0.5)]
    [InlineData("t5", 2.0)]
    public void Outputs_are_those_of_transformers(string name, double? penalty)
    {
        using var peer = new Peer();
        using var store = new ParameterStore(TinyModels.Cpu);
        ModelConfig config = name == "marian"
            ? new TransformerConfig
            {
                Vocab = 23,
                Context = 60,
                EncoderLayers = 2,
                DecoderLayers = 2,
                Width = 20,
                EncoderHeads = 2,
                DecoderHeads = 4,
                EncoderHidden = 33,
                DecoderHidden = 29,
                Activation = Activation.Silu
            }
            : new T5Config
            {
                Vocab = 23,
                EncoderLayers = 2,
                DecoderLayers = 2,
                Width = 20,
                Heads = 2,
                HeadWidth = 6,
                Hidden = 33,
                Buckets = 8,
                MaxDistance = 20
            };
        var model = TinyModels.Filled((IEncoderDecoder)config.Create(store.Root));
        if (model.Parameters.Parameters.FirstOrDefault(p => p.Path == "output/bias") is { } bias)
            bias.Value.SetValue(1, 6); // random models seldom end
        HuggingFaceFolder.Save(Path.Combine(peer.Folder, "model"), config, store);
        File.WriteAllText(Path.Combine(peer.Folder, "beam.py"), Script);
        int[][] sources = [.. Enumerable.Range(0, 8).Select(s => TinyModels.Ids(20, site: (uint)s))];
        var told = peer.Python($"{peer.Inside}/beam.py", $"{peer.Inside}/model", $"[{string.Join(',', sources.Select(s => $"[{string.Join(',', s)}]"))}]",
            (penalty ?? 0).ToString(System.Globalization.CultureInfo.InvariantCulture));
        var search = new BeamSearch(model, new BeamOptions { Beam = 4, Alpha = 0, LengthPenalty = penalty, MaxExtra = 10, EndToken = 1 });
        var compared = 0;
        foreach (var (want, got) in JsonDocument.Parse(told.Trim().Split('\n')[^1]).RootElement.EnumerateArray()
            .Zip(search.Run(sources, TestContext.Current.CancellationToken)))
        {
            if (penalty is null && !got.All(h => h.Ended))
                continue; // where a length ends them, transformers ranks them with those that ended
            compared++;
            foreach (var (theirs, ours) in want.EnumerateArray().Zip(got))
            {
                Assert.Equal(theirs.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32()), ours.Tokens);
                Assert.Equal(theirs.GetProperty("score").GetDouble(), ours.Score, 1e-3);
            }
        }
        Assert.InRange(compared, 2, 8);
    }
}
