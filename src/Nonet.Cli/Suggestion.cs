using System.CommandLine;
using Nonet.Recipes.Yaml;

namespace Nonet.Cli;

/// <summary>Suggests the option or verb that was probably meant by a mistyped one.</summary>
static class Suggestion
{
    /// <summary>Our names, with the names that other programs use for them. An option is suggested only if the verb has it.</summary>
    static readonly Dictionary<string, string[]> others = new(StringComparer.Ordinal)
    {
        ["--max-tokens"] = ["--max-new-tokens", "--n-predict", "--num-tokens", "--length", "--max-length", "-n"],
        ["--num-samples"] = ["--n", "--samples", "--num-return-sequences", "-n"],
        ["--temperature"] = ["-t"],
        ["--threads"] = ["-t", "-j", "--num-threads", "--jobs"],
        ["--out"] = ["--output", "--output-dir", "--out-dir", "-o"],
        ["--data"] = ["--dataset", "--input", "--text", "--texts", "--path"],
        ["--beam"] = ["--beams", "--num-beams", "--beam-size"],
        ["--alpha"] = ["--length-penalty"],
        ["--steps"] = ["--max-steps", "--iterations", "--iters", "--updates"],
        ["--adapter"] = ["--lora"],
        ["--stop"] = ["--stop-text", "--stop-sequence"],
        ["--system"] = ["--system-prompt"],
        ["--vocab"] = ["--vocab-size", "--size"],
        ["--type"] = ["--outtype", "--dtype", "--quantization"],
        ["--set"] = ["--override", "-s"],
        ["--force"] = ["--overwrite", "-f", "--yes"],
        ["--help"] = ["--usage"],
        ["generate"] = ["complete", "completion", "sample", "run", "write", "infer"],
        ["convert"] = ["export", "quantize", "quantise"],
        ["pull"] = ["download", "fetch", "get"],
        ["train"] = ["finetune", "fine-tune", "pretrain", "fit", "resume"],
        ["runs"] = ["list", "ls", "history", "compare"],
        ["info"] = ["show", "inspect", "describe", "model"],
        ["tokenize"] = ["encode", "tokens"],
        ["tag"] = ["ner", "entities"],
        ["perplexity"] = ["ppl", "evaluate", "eval"],
        ["scaling"] = ["sweep", "plan", "law", "laws"],
        ["bench"] = ["benchmark", "speed"],
        ["answer"] = ["qa", "question"],
        ["quickstart"] = ["start", "demo", "init"],
        ["embed"] = ["embedding", "embeddings", "vectors"],
    };

    /// <summary>": did you mean …?", or an empty string.</summary>
    public static string For(Command command, string token) => Of(command, token) is { } name ? $": did you mean {name}?" : "";

    static string? Of(Command command, string token)
    {
        var isOption = token.StartsWith('-');
        var written = (isOption && token.IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? token[..at] : token).Replace('_', '-').ToLowerInvariant();
        var known = isOption ? Options(command) : [.. command.Subcommands.Select(c => c.Name)];
        if (known.Contains(written))
            return written;
        if (others.FirstOrDefault(o => o.Value.Contains(written) && known.Contains(o.Key)).Key is { } synonym)
            return synonym;
        if (written.Trim('-').Length >= 3
            && known.Where(k => k.StartsWith(written, StringComparison.Ordinal)).Order(StringComparer.Ordinal).FirstOrDefault() is { } longer)
            return longer;
        var nearest = known.MinBy(k => Nearest.Distance(written, k));
        return nearest is not null && Nearest.Distance(written, nearest) is var edits && edits <= Math.Max(1, nearest.Trim('-').Length / 3) ? nearest : null;
    }

    /// <summary>The options of a command, including those of its parent commands.</summary>
    static string[] Options(Command command)
    {
        var options = command.Options.AsEnumerable();
        for (var at = command.Parents.OfType<Command>().FirstOrDefault(); at is not null; at = at.Parents.OfType<Command>().FirstOrDefault())
            options = options.Concat(at.Options.Where(o => o.Recursive));
        return [.. options.Where(o => !o.Hidden).SelectMany(o => o.Aliases.Prepend(o.Name)).Where(n => n.StartsWith("--", StringComparison.Ordinal))
            .Distinct()];
    }
}
