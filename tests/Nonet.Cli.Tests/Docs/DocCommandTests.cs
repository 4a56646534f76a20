using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Nonet.Cli.Tests.Docs;

/// <summary>Every command line of README.md and docs/ runs as it stands, on tiny models and texts.</summary>
public sealed partial class DocCommandTests(DocFolder folder) : IClassFixture<DocFolder>
{
    /// <summary>What a placeholder stands for: the first line whose pattern fits the command.</summary>
    static readonly (string Command, string Placeholder, string Name)[] names =
    [
        ("nonet (translate|attention) ", "MODEL", "translator"),
        ("nonet attention ", "BERT", "masked"),
        ("nonet (embed|fill-mask) ", "MODEL", "masked"),
        ("nonet classify MODEL \"[^\"]*\" \"[^\"]*\" \"", "MODEL", "chooser"),
        ("nonet classify ", "MODEL", "classifier"),
        ("nonet tag ", "MODEL", "tagger"),
        ("nonet (tune|data show|merge MODEL my-lora-run) ", "MODEL", "chatter"),
        ("nonet answer ", "MODEL", "answerer"),
        ("nonet ", "MODEL", "decoder"),
        ("nonet average ", "RUN", "decoder decoder"),
    ];

    /// <summary>What makes a command small: the same command with fewer steps or smaller shapes.</summary>
    static readonly (string Command, string Appended)[] smaller =
    [
        ("nonet quickstart", "--data my-texts --steps 2"),
        ("nonet train recipes/llama-",
            "--set data.path=my-texts --set data.validation=0.25 --set data.documents=file --set training.steps=2 --set training.warmup=1 --set "
            + "model.layers=1 --set model.width=16 --set model.heads=2 --set model.context=16 --set training.batch=2 --set run.sample_tokens=4"),
        ("nonet train recipes/bert-mini",
            "--set data.path=my-texts --set data.validation=0.25 --set training.steps=2 --set training.warmup=1 --set model.layers=1 --set model.width=16 "
            + "--set model.hidden=16 --set model.heads=2 --set training.batch=2 --set tokenizer.vocab=400"),
        ("nonet train recipes/translate",
            "--set data.held_out=0.2 --set training.steps=2 --set training.warmup=1 --set model.encoder_layers=1 --set model.decoder_layers=1 --set "
            + "model.width=16 --set model.heads=2 --set model.hidden=16 --set training.bleu=false --set training.batch_tokens=200 --set tokenizer.vocab=600"),
        ("nonet train recipes/few-shot",
            "--set training.steps=2 --set training.warmup=1 --set training.batch=2 --set model.layers=1 --set model.width=16 --set model.heads=2 --set "
            + "model.hidden=32"),
        ("nonet train recipes/chain-of-thought",
            "--set training.steps=2 --set training.warmup=1 --set training.batch=2 --set model.layers=1 --set model.width=16 --set model.heads=2 --set "
            + "model.hidden=32"),
        ("nonet tools annotate ",
            "--set data.path=my-texts --set data.limit=2 --set 'tools=[{kind: calculator, choose: all, prompt: my-prompt.txt}]' --set sampling.call_tokens=8"),
        ("nonet train recipes/tools/tune",
            "--set data.path=my-texts --set data.field=text --set data.documents=file --set data.validation=0.25 --set training.steps=2 "
            + "--set training.warmup=1 --set training.batch=1 --set training.accumulate=1 --set training.length=16"),
        ("nonet tune ", "--epochs 0.5"),
        ("nonet scaling sweep",
            "--set train.data.path=my-texts --set train.data.documents=file --set train.data.validation=0.25 --set sweep.plan=grid --set sweep.flops=null "
            + "--set sweep.sizes=[3000,5000] --set sweep.tokens_per_parameter=[6] --set sweep.noise_batches=0"),
    ];

    /// <summary>What a test does not run, and why.</summary>
    static readonly (string Command, string Reason)[] skipped =
    [
        ("nonet pull ", "needs the network"),
        ("nonet train my-task.yaml", "the page leaves the examples to the reader; Nonet.Recipes.Tests fine-tunes"),
        ("--resume", "goes on with a run that was interrupted: TrainTests interrupts one"),
        ("nonet eval ", "of models that take the reader's time, and of tasks' files that are not in the repository: EvalTests evaluates"),
        ("--mcp ", "starts a server of the reader's: Nonet.ToolUse.Mcp.Tests and ToolCallTests start one"),
        ("nonet rank serve ", "serves until it is stopped: Nonet.Server.Tests starts it"),
        ("nonet runs compare ", "of two runs that take the reader's time: TrainTests compares runs"),
    ];

    public static TheoryData<string> Pages => [.. DocCommands.All().Select(c => c.Page).Distinct()];

    [Theory, MemberData(nameof(Pages))]
    public async Task Commands_of_a_page_run_as_they_stand(string page)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "lines for a POSIX shell");
        folder.AddAlignment();
        var failed = new List<string>();
        foreach (var line in DocCommands.All().Where(c => c.Page == page).Select(c => c.Line))
        {
            var command = Comment().Replace(line, "").TrimEnd().Replace("dotnet run -c Release --project src/Nonet.Cli --", "nonet", StringComparison.Ordinal);
            if (skipped.Any(s => command.Contains(s.Command, StringComparison.Ordinal)))
                continue;
            if ((await Run(folder.Home, Small(Named(command)))) is { Error: { } error })
                failed.Add($"{line}\n{error}");
        }
        Assert.True(failed.Count == 0, string.Join("\n", failed));
    }

    [Fact]
    public void Pages_have_commands_and_what_is_skipped_stands_in_one()
    {
        var all = DocCommands.All().Select(c => c.Line.Replace("dotnet run -c Release --project src/Nonet.Cli --", "nonet", StringComparison.Ordinal))
            .ToArray();
        Assert.True(all.Length > 40, $"{all.Length} commands");
        Assert.All(skipped, s => Assert.Contains(all, line => line.Contains(s.Command, StringComparison.Ordinal)));
        Assert.All(names, n => Assert.Contains(all, line => Regex.IsMatch(line, n.Command)));
    }

    [Fact]
    public async Task What_quickstart_and_train_say_comes_next_runs()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "lines for a POSIX shell");
        using var own = new TemporaryFolder();
        var text = folder["my-texts"];
        await Printed(own, $"nonet quickstart --data '{text}' --steps 2 --out 'a run'", "--max-tokens 200");
        own.Add("tiny.yaml", $$"""
            model: {kind: gpt2, layers: 1, width: 16, heads: 2, context: 64}
            data: {path: {{text}}, validation: 0.25, documents: file}
            training: {steps: 2, batch: 2, warmup: 1}
            """);
        await Printed(own, "nonet train tiny.yaml --out 'run of $me'", "generate");
        own.Add("masked.yaml", $$"""
            task: masked
            model: {kind: bert, layers: 1, width: 16, heads: 2, hidden: 16, context: 32}
            data: {path: {{text}}, validation: 0.25}
            tokenizer: {model: wordpiece, vocab: 400}
            training: {steps: 2, batch: 2, warmup: 1, sequences: { packing: full_sentences } }
            """);
        await Printed(own, "nonet train masked.yaml", "fill-mask");
    }

    /// <summary>Runs a command, then what it says comes next.</summary>
    async Task Printed(TemporaryFolder own, string command, string part)
    {
        var said = await Run(own.Path, command);
        Assert.True(said.Error is null, said.Error);
        var next = said.Out.Split('\n').Single(line => line.StartsWith("next ", StringComparison.Ordinal))["next ".Length..].Trim();
        Assert.Contains(part, next, StringComparison.Ordinal);
        Assert.DoesNotContain("RUN", next, StringComparison.Ordinal);
        Assert.True((await Run(own.Path, next)).Error is var error && error is null, $"{next}\n{error}");
    }

    /// <summary>What a command writes; and where it fails, what it says of that.</summary>
    async Task<(string Out, string? Error)> Run(string where, string command)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-ec", $"nonet() {{ dotnet \"$NONET\" \"$@\"; }}\n{command}"])
        {
            WorkingDirectory = where,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true
        };
        start.Environment["NONET"] = Path.Combine(AppContext.BaseDirectory, "nonet.dll");
        start.Environment["HF_HUB_CACHE"] = folder["hub"];
        start.Environment["DOTNET_TieredCompilation"] = "1"; // a command that is soon over compiles its methods in half the time
        using var shell = Process.Start(start)!;
        shell.StandardInput.Close();
        var (output, error) = (shell.StandardOutput.ReadToEndAsync(), shell.StandardError.ReadToEndAsync());
        await shell.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Eventually.Limit);
        return (await output, shell.ExitCode == 0 ? null : $"as {command}\nended with {shell.ExitCode}: {await error}");
    }

    static string Named(string command)
    {
        foreach (var (pattern, placeholder, name) in names)
        {
            if (Regex.IsMatch(command, pattern))
                command = Regex.Replace(command, $@"\b{placeholder}\b", name);
        }
        return command;
    }

    static string Small(string command) => command.Contains("nonet bench ", StringComparison.Ordinal)
        ? Regex.Replace(command, @"--(m|n|k|dim|hidden|context|batch|vocab|layers|steps) \d+", m =>
        $"--{m.Groups[1]} {(m.Groups[1].Value is "layers" ? 1 : m.Groups[1].Value is "steps" ? 3 : 48)}")
        : smaller.FirstOrDefault(s => command.Contains(s.Command, StringComparison.Ordinal)).Appended is { } more ? $"{command} {more}" : command;

    /// <summary>A comment, as a shell knows it.</summary>
    [GeneratedRegex(" +# .*$")]
    private static partial Regex Comment();
}
