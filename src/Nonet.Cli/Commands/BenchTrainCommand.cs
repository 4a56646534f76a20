using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Nonet.Models;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Training;

namespace Nonet.Cli.Commands;

/// <summary>Times training steps of a decoder on random tokens.</summary>
sealed class BenchTrainCommand : Command
{
    const int LeftOut = 2;

    readonly Terminal terminal;
    readonly Option<string> model = new("--model") { Description = "gpt2 or llama.", HelpName = "KIND", DefaultValueFactory = _ => "gpt2" };
    readonly Option<int?> dim = Flags.Whole("--dim", "Width.", 1, otherwise: 384);
    readonly Option<int?> layers = Flags.Whole("--layers", "Blocks.", 1, otherwise: 6);
    readonly Option<int?> heads = Flags.Whole("--heads", "Attention heads.", 1, otherwise: 6);
    readonly Option<int?> context = Flags.Whole("--context", "Tokens of a sequence.", 1, otherwise: 256);
    readonly Option<int?> batch = Flags.Whole("--batch", "Sequences of a step.", 1, otherwise: 16);
    readonly Option<int?> vocab = Flags.Whole("--vocab", "Number of token ids.", 1, otherwise: 65);
    readonly Option<int?> steps = Flags.Whole("--steps", "Steps; the first two are not timed.", LeftOut + 1, otherwise: 8);
    readonly Option<bool> json = Flags.MakeJson();

    public BenchTrainCommand(Terminal terminal) : base("train", "Time forward, backward and AdamW of a decoder on random tokens: median of the steps.")
    {
        this.terminal = terminal;
        model.AcceptOnlyFromAmong("gpt2", "llama");
        foreach (var option in new Option[] { model, dim, layers, heads, context, batch, vocab, steps, json })
            Add(option);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed, stopping), stopping));
    }

    int Run(ParseResult parsed, CancellationToken stopping)
    {
        using var device = new CpuDevice(parsed.GetValue<int?>(Flags.Threads));
        using var parameters = new ParameterStore(device);
        var decoder = Create(parsed, parameters.Root);
        parameters.FillForTraining(seed: 1);
        using var optimizer = new AdamW(parameters, new AdamWOptions { Beta2 = 0.999, WeightDecay = 0.01 }); // libtorch's defaults
        using var inputs = new TensorScope();
        var length = Value(parsed, context);
        var count = checked(Value(parsed, batch) * length);
        var tokens = Batch.Of(device, Ids(count, decoder.Vocab, 1), length);
        var targets = device.From(Ids(count, decoder.Vocab, 2));

        var last = Value(parsed, steps);
        var seconds = new List<double>(last);
        var (allocated, collections) = (0L, 0);
        for (var step = 0; step < last; step++)
        {
            stopping.ThrowIfCancellationRequested();
            var (bytes, garbage) = (GC.GetTotalAllocatedBytes(precise: true), GC.CollectionCount(0));
            var start = Stopwatch.GetTimestamp();
            double loss;
            using (new TensorScope())
                loss = MicroBatch.Backward(decoder, tokens, targets, count);
            optimizer.Step(1e-3);
            var took = Stopwatch.GetElapsedTime(start);
            if (step >= LeftOut)
            {
                seconds.Add(took.TotalSeconds);
                allocated += GC.GetTotalAllocatedBytes(precise: true) - bytes;
                collections += GC.CollectionCount(0) - garbage;
            }
            terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"step {step + 1}/{last}  loss {loss:0.0000}  {took.TotalMilliseconds:0} ms"));
        }
        Write(parsed, parameters.Count, Median.Of(seconds), count, allocated / seconds.Count, collections);
        return ExitCode.Done;
    }

    void Write(ParseResult parsed, long parameters, double median, int tokens, long allocated, int collections)
    {
        if (parsed.GetValue(json))
        {
            JsonLine.Write(terminal.Out, fields =>
            {
                fields.WriteNumber("params", parameters);
                fields.WriteNumber("step_ms", Math.Round(median * 1e3, 2));
                fields.WriteNumber("tokens_per_s", Math.Round(tokens / median, 1));
                fields.WriteNumber("peak_rss_mb", Math.Round(RunMemory.PeakMiB, 1));
                fields.WriteNumber("gc_collections", collections);
                fields.WriteNumber("allocated_bytes_per_step", allocated);
            });
            return;
        }
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{parameters:N0} weights, {median * 1e3:0.0} ms a step, {tokens / median:N0} tokens/s, {RunMemory.PeakMiB:N0} MiB at most; {collections} collections, {allocated:N0} bytes of garbage a step"));
    }

    ICausalModel Create(ParseResult parsed, ParameterPath root)
    {
        var width = Value(parsed, dim);
        if (parsed.GetValue(model) == "gpt2")
        {
            return new Gpt(new GptConfig
            {
                Vocab = Value(parsed, vocab),
                Context = Value(parsed, context),
                Layers = Value(parsed, layers),
                Width = width,
                Heads = Value(parsed, heads),
            }, root);
        }
        return new Llama(new LlamaConfig
        {
            Vocab = Value(parsed, vocab),
            Context = Value(parsed, context),
            Layers = Value(parsed, layers),
            Width = width,
            Heads = Value(parsed, heads),
            KvHeads = Value(parsed, heads),
            Hidden = LlamaConfig.HiddenFor(width, multipleOf: 32),
        }, root);
    }

    static int Value(ParseResult parsed, Option<int?> option) => parsed.GetValue(option)!.Value;

    static int[] Ids(int count, int vocab, uint stream)
    {
        var ids = new int[count];
        for (var i = 0; i < count; i++)
            ids[i] = Philox.Below(new RandomKey(1, 0, stream), (ulong)i, vocab);
        return ids;
    }
}
