using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Training;

namespace Nonet.Cli.Commands;

/// <summary>Times training steps of a model on random tokens.</summary>
sealed class BenchTrainCommand : Command
{
    const int LeftOut = 2;

    readonly Terminal terminal;
    readonly Option<string> model =
        new("--model") { Description = "gpt2, llama, transformer (encoder and decoder) or bert.", HelpName = "KIND", DefaultValueFactory = _ => "gpt2" };
    readonly Option<int?> dim = Flags.Whole("--dim", "Width of the hidden states.", 1, otherwise: 384);
    readonly Option<int?> layers = Flags.Whole("--layers", "Number of layers; for a transformer, in the encoder and in the decoder.", 1, otherwise: 6);
    readonly Option<int?> heads = Flags.Whole("--heads", "Attention heads.", 1, otherwise: 6);
    readonly Option<int?> hidden =
        Flags.Whole("--hidden", "Hidden width of the feed-forward layers of transformer and bert; by default four times the width.", 1);
    readonly Option<int?> context =
        Flags.Whole("--context", "Tokens per sequence; for a transformer the maximum, with other sequences down to a third of it.", 1, otherwise: 256);
    readonly Option<int?> batch = Flags.Whole("--batch", "Sequences per step; for a transformer, pairs.", 1, otherwise: 16);
    readonly Option<int?> vocab = Flags.Whole("--vocab", "Vocabulary size.", 1, otherwise: 65);
    readonly Option<int?> steps = Flags.Whole("--steps", "Number of steps; the first two are not timed.", LeftOut + 1, otherwise: 8);
    readonly Option<bool> json = Flags.MakeJson();

    public BenchTrainCommand(Terminal terminal)
        : base("train", "Time training steps (forward, backward, AdamW) of a model on random tokens, and print the median.")
    {
        this.terminal = terminal;
        model.AcceptOnlyFromAmong("gpt2", "llama", "transformer", "bert");
        foreach (var option in new Option[] { model, dim, layers, heads, hidden, context, batch, vocab, steps, json })
            Add(option);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed, stopping), stopping));
    }

    int Run(ParseResult parsed, CancellationToken stopping)
    {
        using var device = Flags.Device(parsed);
        using var parameters = new ParameterStore(device);
        using var inputs = new TensorScope();
        var training = Create(parsed, parameters.Root);
        using var optimizer = new AdamW(parameters, training.Optimizer);
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
                loss = training.Backward(new RandomKey(1, (uint)step, 0));
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
        Write(parsed, parameters.Count, Median.Of(seconds), training.Tokens, allocated / seconds.Count, collections);
        return ExitCode.Done;
    }

    void Write(ParseResult parsed, long parameters, double median, long tokens, long allocated, int collections)
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
            $"{parameters:N0} weights, {median * 1e3:0.0} ms per step, {tokens / median:N0} tokens/s, peak memory {RunMemory.PeakMiB:N0} MiB; {collections} "
                + $"garbage collections, {allocated:N0} bytes allocated per step"));
    }

    BenchTraining Create(ParseResult parsed, ParameterPath root)
    {
        var width = Value(parsed, dim);
        var shape = new BenchShape(width, Value(parsed, layers), Value(parsed, heads), parsed.GetValue(hidden) ?? checked(4 * width),
            Value(parsed, context), Value(parsed, batch), Value(parsed, vocab));
        return parsed.GetValue(model) switch
        {
            "transformer" => BenchTraining.Translation(root, shape),
            "bert" => BenchTraining.Masked(root, shape),
            "gpt2" => BenchTraining.Of(new Gpt(new GptConfig
            {
                Vocab = shape.Vocab,
                Context = shape.Context,
                Layers = shape.Layers,
                Width = width,
                Heads = shape.Heads,
            }, root), shape),
            _ => BenchTraining.Of(new Llama(new LlamaConfig
            {
                Vocab = shape.Vocab,
                Context = shape.Context,
                Layers = shape.Layers,
                Width = width,
                Heads = shape.Heads,
                KvHeads = shape.Heads,
                Hidden = LlamaConfig.HiddenFor(width, multipleOf: 32),
            }, root), shape),
        };
    }

    static int Value(ParseResult parsed, Option<int?> option) => parsed.GetValue(option)!.Value;
}
