using System.Globalization;
using System.Text;
using Nonet.Checkpoints;
using Nonet.Data;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Tests;
using Nonet.Text;
using Nonet.Training;
using Nonet.Training.Schedules;

namespace Nonet.ToolUse.Tests;

/// <summary>A small model that was trained to call a calculator for sums of two digits: <c>3+4= [Calculator(3+4) -> 7] 7.</c></summary>
public sealed class TrainedCaller : IDisposable
{
    const int Steps = 350, Length = 96, Batch = 12;

    readonly TemporaryFolder folder = new();

    public TrainedCaller()
    {
        var random = new Random(3);
        Directory.CreateDirectory(folder["texts"]);
        for (var file = 0; file < 10; file++)
        {
            var text = new StringBuilder();
            for (var i = 0; i < 600; i++)
            {
                var (a, b) = (random.Next(10), random.Next(10));
                // a quarter without a call, so that its mark is not always the first choice
                var call = random.Next(4) == 0 ? "" : $" [Calculator({a}+{b}) -> {a + b}]";
                if (!IsHeldOut(a, b))
                    text.Append(CultureInfo.InvariantCulture, $"{a}+{b}={call} {a + b}.\n");
            }
            folder.Add($"texts/{file}.txt", text.ToString());
        }
        Train();
    }

    /// <summary>A Hugging Face folder.</summary>
    public string Folder => folder["model"];

    /// <summary>Whether a sum is not in the training data.</summary>
    public static bool IsHeldOut(int a, int b) => (a * 7 + b * 3) % 5 == 0;

    /// <summary>The sums that the model has not seen.</summary>
    public static IEnumerable<(int A, int B)> HeldOut => from a in Enumerable.Range(0, 10) from b in Enumerable.Range(0, 10) where IsHeldOut(a, b) select (a, b);

    public void Dispose() => folder.Dispose();

    void Train()
    {
        var tokenizer = new ByteTokenizer();
        var config = new LlamaConfig { Vocab = tokenizer.Vocab, Context = 128, Layers = 2, Width = 64, Heads = 4, KvHeads = 4, Hidden = 128 };
        using var device = new CpuDevice(2);
        using var parameters = new ParameterStore(device);
        var model = (ICausalModel)config.Create(parameters.Root);
        parameters.FillForTraining(seed: 1);
        using var text = TokenizedData.Build(new DataOptions { Sources = [new DataSource { Path = folder["texts"] }], Validation = 0.1 }, tokenizer,
            folder["tokens"]);
        var update = new UpdateStep(parameters, new AdamW(parameters), new CosineSchedule { Peak = 4e-3, Warmup = 20, End = Steps, Floor = 0.05 });
        var batches = new BatchSource(text.Train, text.Weights, Length, Batch, seed: 1);
        for (var step = 0; step < Steps; step++)
        {
            using var scope = new TensorScope();
            parameters.ClearGradients();
            var (batch, targets) = MicroBatch.Read(batches, step, device);
            update.Apply(step + 1, MicroBatch.Backward(model, batch, targets, total: Batch * Length));
        }
        HuggingFaceFolder.Save(Folder, config, parameters, tokenizer);
    }
}
