using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Nonet.Files;
using Nonet.Inference;

namespace Nonet.Cli.Commands;

/// <summary>Translates lines of standard input.</summary>
sealed class TranslateCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string> model = Flags.MakeModel();
    readonly Option<int?> beam = Flags.Whole("--beam", "Hypotheses per line; 1 is greedy search.", 1, 1024, otherwise: 4);
    readonly Option<double?> alpha =
        Flags.Number("--alpha", "Exponent of the length penalty: above 0 favours long translations; 0 is off. 0.6 by default.", "a number", _ => true);
    readonly Option<double?> lengthPenalty =
        Flags.Number("--length-penalty",
        "Rank as transformers does: log-probability / length^P, with translations that reached the length limit among the others. Replaces --alpha.",
        "a number", _ => true);
    readonly Option<int?> maxExtra =
        Flags.Whole("--max-extra", "Maximum number of tokens that a translation may have beyond those of its line.", 0, otherwise: 50);
    readonly Option<int?> nBest = Flags.Whole("--n-best", "Write the N best translations of every line, each preceded by the line number and a tab.", 1);
    readonly Option<bool> scores = new("--scores") { Description = "Write the score (log-probability / length penalty) and a tab before every translation." };
    readonly Option<int?> batchTokens = Flags.Whole("--batch-tokens", "Source tokens to translate together.", 1, otherwise: 4000);

    public TranslateCommand(Terminal terminal)
        : base("translate", "Translate lines from standard input to standard output with an encoder-decoder and beam search.")
    {
        this.terminal = terminal;
        Add(model);
        foreach (var option in new Option[] { beam, alpha, lengthPenalty, maxExtra, nBest, scores, batchTokens })
            Add(option);
        SetAction(Run);
    }

    async Task<int> Run(ParseResult parsed, CancellationToken stopping)
    {
        var options = new TranslatorOptions
        {
            Beam = parsed.GetValue(beam)!.Value,
            Alpha = parsed.GetValue(alpha) ?? new TranslatorOptions().Alpha,
            LengthPenalty = parsed.GetValue(lengthPenalty),
            MaxExtra = parsed.GetValue(maxExtra)!.Value,
            BatchTokens = parsed.GetValue(batchTokens)!.Value,
        };
        if (options.LengthPenalty is not null && parsed.GetValue(alpha) is not null)
            throw new UsageException("found both --alpha and --length-penalty; expected only one, because they are two different rules");
        var best = parsed.GetValue(nBest);
        if (best > options.Beam)
            throw new UsageException($"--n-best is {best}; expected at most {options.Beam}, the beam");
        using var device = Flags.Device(parsed);
        using var open = terminal.Open(parsed.GetRequiredValue(model), device);
        var translator = new Translator(open.EncoderDecoder, open.LoadTokenizer(), options);
        var start = Stopwatch.GetTimestamp();
        var (lines, tokens, cut, endless) = (0, 0L, 0, 0);
        var interrupted = false;
        try
        {
            await foreach (var translation in translator.Translate(terminal.ReadLines(), stopping))
            {
                lines++;
                Write(translation, lines, best, parsed.GetValue(scores));
                if (translation.Outputs is not [var (_, first), ..])
                    continue;
                tokens += first.Tokens.Length;
                cut += translation.Cut ? 1 : 0;
                endless += first.Ended ? 0 : 1;
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            interrupted = true;
        }
        var seconds = Math.Max(1e-9, Stopwatch.GetElapsedTime(start).TotalSeconds);
        terminal.Error.WriteLine(
            string.Create(CultureInfo.InvariantCulture,
            $"{Counted.Of(lines, "line")}, {Counted.Of(tokens, "token")} written, {lines / seconds:0.0} lines/s, {tokens / seconds:0.0} tokens/s"));
        if (cut > 0)
            terminal.Error.WriteLine($"{Counted.Of(cut, "line")} truncated to the model's {open.Model.Context} tokens");
        if (endless > 0)
            terminal.Error.WriteLine($"{Counted.Of(endless, "translation")} reached the length limit");
        return interrupted ? ExitCode.Interrupted : ExitCode.Done;
    }

    void Write(Translation translation, int line, int? best, bool scores)
    {
        if (translation.Outputs.Count == 0)
        {
            terminal.Text.WriteLine(best is null ? "" : $"{line}\t");
            return;
        }
        foreach (var (text, hypothesis) in translation.Outputs.Take(best ?? 1))
        {
            var number = best is null ? "" : $"{line}\t";
            var score = scores ? hypothesis.Score.ToString("0.0000", CultureInfo.InvariantCulture) + "\t" : "";
            var one = text.ReplaceLineEndings(" "); // a translation stays on one line
            terminal.Text.WriteLine(number + score + one);
        }
        terminal.Text.Flush();
    }
}
