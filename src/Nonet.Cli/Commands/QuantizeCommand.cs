using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Nonet.Checkpoints;
using Nonet.Checkpoints.Gguf;
using Nonet.Data.Corpora;
using Nonet.Evaluation;
using Nonet.Files;
using Nonet.Formats.Gguf;

namespace Nonet.Cli.Commands;

/// <summary>Writes a model as GGUF with quantised matrices, and reports the errors.</summary>
sealed class QuantizeCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string> model = new("IN") { Description = "A Hugging Face folder, a .gguf file, a .bin file of llama2.c, or a run folder." };
    readonly Argument<string> output = new("OUT") { Description = "The .gguf file to write." };
    readonly Argument<string> type =
        new("TYPE") { Description = $"A mix of types, by llama.cpp's name: {string.Join(", ", QuantizationMix.All.Select(m => m.Name))}." };
    readonly Option<string?> text = new("--text") { Description = "A text in UTF-8: measure the perplexity before and after.", HelpName = "FILE" };
    readonly Option<string?> adapter = Flags.MakeAdapter();
    readonly Option<bool> force = ConvertCommand.MakeForce();
    readonly Option<bool> json = Flags.MakeJson();

    public QuantizeCommand(Terminal terminal) : base("quantize", "Write a model as GGUF with quantised matrices, and report the error of each.")
    {
        this.terminal = terminal;
        Add(model);
        Add(output);
        Add(type);
        foreach (var option in new Option[] { text, adapter, force, json })
            Add(option);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed, stopping), CancellationToken.None));
    }

    int Run(ParseResult parsed, CancellationToken stopping)
    {
        var (source, target, wanted) = (parsed.GetRequiredValue(model), parsed.GetRequiredValue(output), parsed.GetRequiredValue(type));
        var mix = QuantizationMix.Named(wanted)
            ?? throw new UsageException($"TYPE is '{wanted}'; expected one of {string.Join(", ", QuantizationMix.All.Select(m => m.Name))}");
        if (!GgufFile.Is(target))
            throw new UsageException($"OUT is '{target}'; expected a name that ends in .gguf, because no other format holds quantised matrices");
        if (!parsed.GetValue(force) && Path.Exists(target))
            throw new IOException($"{target}: exists already; name another place, or replace it with --force");
        var measured = parsed.GetValue(text) is { } file ? TextFile.Read(file) : null;
        using var device = Flags.Device(parsed);
        var clock = Stopwatch.StartNew();
        var tensors = new List<WrittenTensor>();
        HeldOutLoss? before = null, after = null;
        long weights;
        using (var open = terminal.Open(source, device, parsed.GetValue(adapter), prepare: false))
        {
            if (Path.GetFullPath(target) == Path.GetFullPath(open.FolderPath))
                throw new UsageException($"{target}: the model would be written over itself; name another place");
            var tokenizer = open.HasTokenizer ? open.LoadTokenizer() : null;
            if (measured is not null)
                before = Perplexity(open, measured, stopping);
            weights = open.Model.Parameters.Count;
            var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(open.FolderPath));
            clock.Restart();
            try
            {
                GgufModel.Save(target, open.Config, open.Model.Parameters, tokenizer, mix.Name, name, ConvertCommand.Settings(open, tokenizer),
                    new Shown(terminal, tensors), device.Threads, open.Adapter, stopping);
            }
            finally
            {
                terminal.Status?.Clear();
            }
            clock.Stop();
        }
        if (measured is not null)
        {
            using var written = new LoadedModel(target, device);
            after = Perplexity(written, measured, stopping);
        }
        Report(parsed, mix, weights, tensors, clock.Elapsed, before, after);
        return ExitCode.Done;
    }

    HeldOutLoss Perplexity(LoadedModel open, string measured, CancellationToken stopping)
    {
        var tokenizer = open.LoadTokenizer();
        var ids = tokenizer.EncodePlain(measured);
        if (ids.Length == 0)
            throw new UsageException("--text names an empty file; expected a text");
        terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{open.FolderPath}: perplexity over {ids.Length:N0} tokens"));
        return Evaluation.Perplexity.Measure(open.Decoder, ids, open.File.StartToken(tokenizer), open.Model.Context, Math.Max(1, open.Model.Context / 2),
            stopping: stopping);
    }

    void Report(ParseResult parsed, QuantizationMix mix, long weights, List<WrittenTensor> tensors, TimeSpan took, HeldOutLoss? before, HeldOutLoss? after)
    {
        var (path, bytes) = (parsed.GetRequiredValue(output), tensors.Sum(t => t.Bytes));
        var size = new FileInfo(path).Length;
        if (parsed.GetValue(json))
        {
            JsonLine.Write(terminal.Out, fields =>
            {
                fields.WriteString("path", path);
                fields.WriteString("type", mix.Name);
                fields.WriteNumber("bytes", size);
                fields.WriteNumber("bits_per_weight", Math.Round(8.0 * bytes / weights, 3));
                fields.WriteNumber("seconds", Math.Round(took.TotalSeconds, 3));
                if (before is { } first && after is { } second)
                {
                    fields.WriteNumber("perplexity_before", first.Perplexity);
                    fields.WriteNumber("perplexity_after", second.Perplexity);
                }
                fields.WriteStartArray("tensors");
                foreach (var tensor in tensors)
                {
                    fields.WriteStartObject();
                    fields.WriteString("name", tensor.Name);
                    fields.WriteString("type", tensor.Type);
                    fields.WriteNumber("rmse", tensor.Rmse);
                    fields.WriteNumber("relative_rmse", tensor.RelativeRmse);
                    fields.WriteEndObject();
                }
                fields.WriteEndArray();
            });
            return;
        }
        foreach (var tensor in tensors.Where(t => t.Type != "F32" || t.Rmse != 0))
            terminal.Out.WriteLine(
                string.Create(CultureInfo.InvariantCulture,
                $"{tensor.Name,-32} {tensor.Type,-6} rmse {tensor.Rmse:0.000e+00}, {tensor.RelativeRmse:0.00%} of the values"));
        foreach (var group in tensors.GroupBy(t => t.Type).OrderByDescending(g => g.Sum(t => t.Bytes)))
            terminal.Out.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"{group.Key,-6} {Counted.Of(group.Count(), "tensor")}, {group.Sum(t => t.Bytes) / 1e6:N1} MB"));
        terminal.Out.WriteLine(
            string.Create(CultureInfo.InvariantCulture,
            $"{path}: {weights:N0} weights, {8.0 * bytes / weights:0.00} bits each, {size / 1e6:N1} MB, in {took.TotalSeconds:0.0} s"));
        if (before is { } x && after is { } y)
            terminal.Out.WriteLine(
                string.Create(CultureInfo.InvariantCulture,
                $"perplexity {x.Perplexity:0.0000} before, {y.Perplexity:0.0000} after ({y.Perplexity / x.Perplexity - 1:+0.00%;-0.00%})"));
    }

    /// <summary>Collects the report, and shows progress: a line that is updated on a screen, otherwise a new line every few seconds.</summary>
    sealed class Shown(Terminal terminal, List<WrittenTensor> tensors) : IProgress<WrittenTensor>
    {
        static readonly TimeSpan pause = TimeSpan.FromSeconds(5);
        readonly Stopwatch total = Stopwatch.StartNew(), quiet = Stopwatch.StartNew();

        readonly LostChanges lost = new(terminal);

        public void Report(WrittenTensor value)
        {
            tensors.Add(value);
            lost.Report(value);
            var left = Recipes.LineReport.Duration(TimeSpan.FromSeconds(total.Elapsed.TotalSeconds * (1 - value.Share) / value.Share));
            var line = string.Create(CultureInfo.InvariantCulture, $"{value.Share:0%}  {value.Name} {value.Type}  {left} to go");
            if (terminal.Status is { } status)
                status.Show(columns => line.Length <= columns ? line : line[..columns]);
            else if (quiet.Elapsed >= pause)
            {
                quiet.Restart();
                terminal.Error.WriteLine(line);
            }
        }
    }
}
