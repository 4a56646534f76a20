using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Nonet.Models;
using Nonet.Tensors;

namespace Nonet.Cli.Commands;

/// <summary>Times prefill and decoding of a model on random tokens.</summary>
sealed class BenchInferCommand : Command
{
    readonly Terminal terminal;
    readonly Option<string> model =
        new("--model") { Description = "A Hugging Face folder, a .gguf file, a .bin file of llama2.c, or a run folder.", HelpName = "MODEL", Required = true };
    readonly Option<int?> prompt = Flags.Whole("--prompt", "Number of prompt tokens of each sequence.", 1, otherwise: 128);
    readonly Option<int?> generate = Flags.Whole("--generate", "Number of tokens decoded in each sequence.", 1, otherwise: 32);
    readonly Option<int?> batch = Flags.Whole("--batch", "Number of sequences in a batch.", 1, 4096, otherwise: 1);
    readonly Option<int?> rounds = Flags.Whole("--rounds", "Number of timed rounds, after one for warming up; the medians are reported.", 1, otherwise: 5);
    readonly Option<bool> json = Flags.MakeJson();

    public BenchInferCommand(Terminal terminal) : base("infer", "Time prefill and decoding of a model on random tokens: medians of some rounds.")
    {
        this.terminal = terminal;
        foreach (var option in new Option[] { model, prompt, generate, batch, rounds, json })
            Add(option);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed, stopping), CancellationToken.None));
    }

    int Run(ParseResult parsed, CancellationToken stopping)
    {
        int read = Value(parsed, prompt), written = Value(parsed, generate), sequences = Value(parsed, batch), times = Value(parsed, rounds);
        var clock = Stopwatch.StartNew();
        using var device = Flags.Device(parsed);
        using var open = terminal.Open(parsed.GetRequiredValue(model), device);
        var load = clock.Elapsed.TotalSeconds;
        var decoder = open.Decoder;
        if (read + written > decoder.Context)
            throw new UsageException($"--prompt {read} and --generate {written} make {read + written} tokens: the model's context is {decoder.Context}");
        var (prefill, decode) = (new List<double>(), new List<double>());
        for (var round = 0; round <= times; round++)
        {
            using var cache = new KvCache(decoder, limit: sequences * (read + written + KvCache.BlockSize));
            int[] numbers = [.. Enumerable.Range(0, sequences).Select(_ => cache.Begin())];
            clock.Restart();
            foreach (var number in numbers)
            {
                stopping.ThrowIfCancellationRequested();
                Step(decoder, cache, [number], Ids(decoder.Vocab, read, number), [0, read]);
            }
            var first = clock.Elapsed.TotalSeconds;
            int[] starts = [.. Enumerable.Range(0, sequences + 1)];
            clock.Restart();
            for (var i = 0; i < written; i++)
            {
                stopping.ThrowIfCancellationRequested();
                Step(decoder, cache, numbers, Ids(decoder.Vocab, sequences, i), starts);
            }
            if (round == 0)
                continue;
            prefill.Add(sequences * read / first);
            decode.Add(sequences * written / clock.Elapsed.TotalSeconds);
        }
        Write(parsed, Median.Of(prefill), Median.Of(decode), load, RunMemory.PeakMiB, device.MeasureReadBandwidth());
        return ExitCode.Done;
    }

    /// <summary>The logits after the last token of each sequence, as decoding computes them.</summary>
    static void Step(ICausalModel decoder, KvCache cache, int[] numbers, int[] ids, int[] starts)
    {
        using var scope = new TensorScope();
        var hidden = decoder.Forward(cache.Append(numbers, ids, starts), cache);
        decoder.Output(ids.Length == numbers.Length ? hidden : Ops.Slice(hidden, 0, ids.Length - 1, 1));
    }

    static int[] Ids(int vocab, int count, int key) =>
        [.. Enumerable.Range(0, count).Select(i => Philox.Below(new RandomKey(1, 0, (uint)key), (ulong)i, vocab))];

    void Write(ParseResult parsed, double prefill, double decode, double load, double peak, double bandwidth)
    {
        if (parsed.GetValue(json))
        {
            JsonLine.Write(terminal.Out, fields =>
            {
                fields.WriteNumber("prefill_tokens_per_s", Math.Round(prefill, 2));
                fields.WriteNumber("decode_tokens_per_s", Math.Round(decode, 2));
                fields.WriteNumber("load_s", Math.Round(load, 3));
                fields.WriteNumber("peak_rss_mb", Math.Round(peak, 1));
                fields.WriteNumber("read_gb_per_s", Math.Round(bandwidth / 1e9, 2));
            });
            return;
        }
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"prefill {prefill:N1} tokens/s, decode {decode:N1} tokens/s; opened in {load:0.00} s; {peak:N0} MiB at most; memory reads "
                + $"{bandwidth / 1e9:0.0} GB/s"));
    }

    static int Value(ParseResult parsed, Option<int?> option) => parsed.GetValue(option)!.Value;
}
