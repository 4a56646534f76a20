using System.CommandLine;
using System.Globalization;
using Nonet.Evaluation;
using Nonet.Training;

namespace Nonet.Cli.Commands;

/// <summary>Measures how well a model predicts a text.</summary>
sealed class PerplexityCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string> model = Flags.MakeModel();
    readonly Option<string?> adapter = Flags.MakeAdapter();
    readonly Argument<string> file = new("FILE") { Description = "A text file in UTF-8." };
    readonly Option<int?> context = Flags.Whole("--context", "Number of tokens in a window; the model's context by default.", 1);
    readonly Option<int?> stride =
        Flags.Whole("--stride", "Tokens from one window to the next; half a window by default. A smaller stride gives more context, and takes longer.", 1);
    readonly Option<bool> json = Flags.MakeJson();

    public PerplexityCommand(Terminal terminal)
        : base("perplexity", "Measure how well a model predicts a text, over sliding windows after the model's start token.")
    {
        this.terminal = terminal;
        Add(model);
        Add(adapter);
        Add(file);
        foreach (var option in new Option[] { context, stride, json })
            Add(option);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed, stopping), CancellationToken.None));
    }

    int Run(ParseResult parsed, CancellationToken stopping)
    {
        using var device = Flags.Device(parsed);
        using var open = terminal.Open(parsed.GetRequiredValue(model), device, parsed.GetValue(adapter));
        var window = parsed.GetValue(context) ?? open.Model.Context;
        if (window > open.Model.Context)
            throw new UsageException($"--context is {window}: the model's context is {open.Model.Context}");
        var step = parsed.GetValue(stride) ?? Math.Max(1, window / 2);
        if (step > window)
            throw new UsageException($"--stride is {step}: at most the window of {window} tokens is possible");
        var (path, tokenizer) = (parsed.GetRequiredValue(file), open.LoadTokenizer());
        var bytes = File.ReadAllBytes(path);
        var ids = tokenizer.EncodePlain(Utf8(path, bytes));
        if (ids.Length == 0)
            throw new InvalidDataException($"{path}: found an empty file; expected text");
        if (ids.Max() is var largest && largest >= open.Model.Vocab)
            throw new InvalidDataException(
                $"{open.FolderPath}: the tokenizer gives id {largest}; the model's ids are 0 to {open.Model.Vocab - 1}: they do not belong together");
        var loss = Perplexity.Measure(open.Decoder, ids, open.File.StartToken(tokenizer), window, step, new ProgressLines(terminal, ids.Length), stopping);
        if (!double.IsFinite(loss.Nats))
        {
            throw new InvalidDataException($"{open.FolderPath}: the model gives a loss of {loss.Nats.ToString(CultureInfo.InvariantCulture)}; "
                + $"expected a finite one: "
                + $"{NonFinite.InWeights(open.Model.Parameters)?.ToString() ?? "its weights are finite, and too large to compute with"}");
        }
        Write(parsed, loss, loss.BitsPerByte(bytes.Length));
        return ExitCode.Done;
    }

    void Write(ParseResult parsed, HeldOutLoss loss, double bitsPerByte)
    {
        if (parsed.GetValue(json))
        {
            JsonLine.Write(terminal.Out, fields =>
            {
                fields.WriteNumber("tokens", loss.Tokens);
                fields.WriteNumber("nats_per_token", loss.NatsPerToken);
                fields.WriteNumber("perplexity", loss.Perplexity);
                fields.WriteNumber("bits_per_byte", bitsPerByte);
            });
            return;
        }
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{loss.Tokens:N0} tokens, {loss.NatsPerToken:0.0000} nats per token, perplexity {loss.Perplexity:0.00}, {bitsPerByte:0.000} bits per byte"));
    }

    static string Utf8(string path, byte[] bytes)
    {
        try
        {
            return new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (System.Text.DecoderFallbackException e)
        {
            throw new InvalidDataException($"{path}: bytes that are not UTF-8 ({e.Message}); expected text", e);
        }
    }

    /// <summary>Writes a line of progress to standard error every few seconds.</summary>
    sealed class ProgressLines(Terminal terminal, long tokens) : IProgress<long>
    {
        static readonly TimeSpan pause = TimeSpan.FromSeconds(5);
        readonly System.Diagnostics.Stopwatch total = System.Diagnostics.Stopwatch.StartNew(), quiet = System.Diagnostics.Stopwatch.StartNew();

        public void Report(long value)
        {
            if (quiet.Elapsed < pause)
                return;
            quiet.Restart();
            var rate = value / total.Elapsed.TotalSeconds;
            terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{value:N0} of {tokens:N0} tokens, {rate:N0} tokens/s, {Recipes.LineReport.Duration(TimeSpan.FromSeconds((tokens - value) / rate))} to go"));
        }
    }
}
