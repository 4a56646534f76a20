using Nonet.Checkpoints;
using Nonet.Checkpoints.Gguf;
using Nonet.Inference;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Models.Losses;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Tests.Inference;
using Nonet.Text;
using Nonet.Training;

namespace Nonet.Tests.Checkpoints.Gguf;

/// <summary>Models trained here for a moment, written as GGUF and served by llama.cpp.</summary>
public class PeerGgufTests
{
    static readonly string[] Prompts = ["the cat", "a dog sat on", " ", "cat and dog and", "on the mat\nthe"];

    public static TheoryData<string, string> Cases => [.. GgufShapes.All.Keys.SelectMany(name => new[] { (name, "F16"), (name, "Q8_0") })];

    [Theory, MemberData(nameof(Cases))]
    public async Task Llama_cpp_writes_the_same_and_computes_alike(string name, string type)
    {
        using var peer = new Peer();
        var stopping = TestContext.Current.CancellationToken;
        var file = Path.Combine(peer.Folder, "model.gguf");
        using (var store = Trained(GgufShapes.All[name]))
            GgufModel.Save(file, GgufShapes.All[name], store, new ByteTokenizer(), type, stopping: TestContext.Current.CancellationToken);

        // beside Q8_0 activations are rounded to 8 bits here and there: where the last bit of a float differs, one may fall on the next step, which shows in
        // models as narrow as these
        var tolerance = type == "Q8_0" ? 3e-2 : 1e-2;
        using var open = new LoadedModel(file, new CpuDevice(2));
        var tokenizer = open.LoadTokenizer();
        using var server = await LlamaServer.Start(peer, stopping);
        foreach (var prompt in Prompts)
        {
            var ids = tokenizer.Encode(prompt);
            var theirs = await server.Complete(ids, stopping);
            var ours = Written.Ids(open.Decoder, ids, new GenerationOptions { MaxTokens = 32, Sampler = SamplerOptions.Greedy });
            Assert.Equal(ours, theirs.Select(step => step.Id));
            int[] written = [.. theirs.Select(step => step.Id)];
            using var scope = new TensorScope();
            var logits = open.Decoder.Output(open.Decoder.Forward(Batch.Of(open.Device, [[.. ids, .. written[..^1]]]))).ToDoubles();
            for (var step = 0; step < written.Length; step++)
            {
                var row = logits.AsSpan((ids.Length - 1 + step) * open.Model.Vocab, open.Model.Vocab);
                double most = 0, sum = 0;
                foreach (var x in row)
                    (most, sum) = (Math.Max(most, Math.Abs(x)), sum + Math.Exp(x));
                var best = double.NegativeInfinity;
                foreach (var x in row)
                    best = Math.Max(best, x);
                Assert.True(row[written[step]] >= best - tolerance * most,
                    $"'{prompt}', step {step}: they write {written[step]}, which here is {best - row[written[step]]:F3} below the best");
                foreach (var (id, logProbability) in theirs[step].LogProbabilities)
                    Assert.True(Math.Abs(row[id] - Math.Log(sum) - logProbability) <= tolerance * most,
                        $"'{prompt}', step {step}, id {id}: {row[id] - Math.Log(sum):F5}, theirs {logProbability:F5}, of {most:F2}");
            }
        }
    }

    /// <summary>A model that has seen a sentence for a while.</summary>
    static ParameterStore Trained(ModelConfig config)
    {
        var store = new ParameterStore(Nonet.Tests.Models.TinyModels.Cpu);
        var model = (ICausalModel)config.Create(store.Root);
        store.FillForTraining(1);
        using var optimizer = new AdamW(store, new AdamWOptions());
        var ids = new ByteTokenizer().Encode("the cat and the dog sat on the mat\na dog sat on a cat and the mat\n");
        for (var step = 0; step < 150; step++)
        {
            using var scope = new TensorScope();
            using var tape = new Tensors.Autograd.Tape();
            store.ClearGradients();
            var loss = model.Loss(Batch.Of(store.Device, [ids[..^1]]), store.Device.From(ids.AsSpan(1)));
            tape.Backward(loss);
            store.CompleteGradients();
            optimizer.Step(3e-3);
        }
        return store;
    }

    [Theory]
    [InlineData("data/tokenizers/gguf-vocab/ggml-vocab-llama-spm.gguf")]
    [InlineData("data/tokenizers/sentencepiece/test_model.model")]
    [InlineData("data/tokenizers/gguf-vocab/ggml-vocab-gpt-2.gguf")]
    public async Task Llama_cpp_cuts_text_alike(string vocabulary)
    {
        using var peer = new Peer();
        var stopping = TestContext.Current.CancellationToken;
        var tokenizer = Tokenizer.Load(SharedFolder.Find(vocabulary));
        var config = new LlamaConfig { Vocab = tokenizer.Vocab, Context = 8, Layers = 1, Width = 32, Heads = 1, KvHeads = 1, Hidden = 32, Tied = true };
        using (var store = new ParameterStore(Nonet.Tests.Models.TinyModels.Cpu))
        {
            config.Create(store.Root);
            store.FillForTraining(1);
            GgufModel.Save(Path.Combine(peer.Folder, "model.gguf"), config, store, tokenizer, "F16", stopping: TestContext.Current.CancellationToken);
        }
        using var server = await LlamaServer.Start(peer, stopping);
        var differ = new List<string>();
        // a U+2581 that is typed stays there at the end of a text, in sentencepiece not
        foreach (var text in Text.RandomStrings.Make(1000).Where(t => t.AsSpan().IndexOfAny('\0', '▁') < 0))
        {
            var (ours, theirs) = (tokenizer.EncodePlain(text), await server.Tokenize(text, stopping));
            if (!tokenizer.Encode("").Concat(ours).SequenceEqual(theirs) && !ours.SequenceEqual(theirs))
                differ.Add($"{System.Text.Json.JsonSerializer.Serialize(text)}: {string.Join(',', ours)}; there {string.Join(',', theirs)}");
        }
        Assert.True(differ.Count == 0, $"{differ.Count} differ:\n{string.Join('\n', differ.Take(8))}");
    }
}
