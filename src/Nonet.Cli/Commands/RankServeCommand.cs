using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using Nonet.Alignment;
using Nonet.Checkpoints;
using Nonet.Data.Preferences;
using Nonet.Server.Ranking;
using Nonet.Server.Ranking.Store;
using Nonet.Tensors.Cpu;

namespace Nonet.Cli.Commands;

/// <summary>Serves pages on which people rank answers.</summary>
sealed class RankServeCommand : Command
{
    readonly Terminal terminal;
    readonly Option<string[]> models =
        new("--model") { Description = "Model that writes answers to prompts without any; repeat it to let several models take turns.", HelpName = "MODEL" };
    readonly Option<string> prompts =
        new("--prompts")
        {
            Description = "JSON Lines: one object per line, {prompt} or {prompt, answers}. A prompt is a text or a list of messages.",
            HelpName = "FILE",
            Required = true
        };
    readonly Option<string> store = RankFlags.MakeStore();
    readonly Option<int?> port = Flags.Whole("--port", "Port to listen on; 0 takes a free one.", 0, 65535, 5080);
    readonly Option<IPAddress?> listen =
        new("--listen") { Description = "Address to listen on: 127.0.0.1 by default; 0.0.0.0 for other machines, phones too.", HelpName = "ADDRESS" };
    readonly Option<Uri?> url =
        new("--url") { Description = "Address in the links if the server is behind a proxy, such as https://rank.example.org.", HelpName = "URL" };
    readonly Option<int?> answers = Flags.Whole("--answers", "Number of answers that the models write to each prompt.", 4, Candidates.Most, 4);
    readonly Option<double?> temperature = Flags.Number("--temperature", "Temperature of these answers; 1 by default.", "a number above 0", x => x > 0);
    readonly Option<int?> maxTokens = Flags.Whole("--max-tokens", "Maximum number of tokens in an answer.", 1, otherwise: 256);
    readonly Option<string?> template = TuneFlags.MakeTemplate();
    readonly Option<ulong?> seed = Flags.Seed("Seed of the answers and of the order in which labellers see them; 1 by default.");
    readonly Option<int?> overlap = Flags.Whole("--overlap", "Number of labellers who rank each prompt; agreement needs at least two.", 1, 1000, 2);
    readonly Option<string?> reward = new("--reward") { Description = "Reward model to compare with the labellers on the owner's page.", HelpName = "MODEL" };

    public RankServeCommand(Terminal terminal) : base("serve", "Serve pages on which invited people rank answers, and a page that shows their agreement.")
    {
        this.terminal = terminal;
        listen.CustomParser = result => IPAddress.TryParse(result.Tokens[0].Value, out var address) ? address
            : Refuse<IPAddress>(result, $"--listen is '{result.Tokens[0].Value}'; expected an IP address, such as 127.0.0.1 or 0.0.0.0");
        url.CustomParser = result => Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var found) && found.Scheme is "http" or "https"
            && found.PathAndQuery == "/" && found.Fragment.Length == 0 ? found
            : Refuse<Uri>(result, $"--url is '{result.Tokens[0].Value}'; expected http:// or https:// and a host, without a path");
        foreach (var option in new Option[] { prompts, models, store, port, listen, url, answers, temperature, maxTokens, template, seed, overlap, reward })
            Add(option);
        SetAction(Run);
    }

    async Task<int> Run(ParseResult parsed, CancellationToken stopping)
    {
        var candidates = Candidates.Read(parsed.GetRequiredValue(prompts));
        using var device = Flags.Device(parsed);
        var opened = new List<IDisposable>();
        try
        {
            var writers = new List<RankedModel>();
            if (candidates.Any(c => c.Answers.Count == 0))
            {
                foreach (var path in parsed.GetValue(models) ?? [])
                {
                    var model = LanguageModel.Open(path, device);
                    opened.Add(model);
                    var format = new InstructionFormat(ModelFile.Open(path), parsed.GetValue(template));
                    writers.Add(new RankedModel(path, model)
                    {
                        Layout = format.Template is null ? null : new PromptLayout(format.Tokenizer, format.Template)
                    });
                }
                if (writers.Count == 0)
                    throw new UsageException(
                        "--model is missing: a prompt has no answers; name a model that writes some, or give every prompt a field answers");
            }
            var judge = parsed.GetValue(reward) is { } folder ? OpenReward(folder, device, opened) : null;
            await using var kept = await RankingStore.OpenAsync(parsed.GetRequiredValue(store), stopping: stopping);
            await using var server = await RankingServer.StartAsync(kept, new RankingServerOptions
            {
                Prompts = candidates,
                Models = writers,
                Answers = parsed.GetValue(answers)!.Value,
                Temperature = parsed.GetValue(temperature) ?? 1,
                MaxTokens = parsed.GetValue(maxTokens)!.Value,
                Seed = parsed.GetValue(seed) ?? 1,
                Overlap = parsed.GetValue(overlap)!.Value,
                Reward = judge,
                Address = parsed.GetValue(listen) ?? IPAddress.Loopback,
                Port = parsed.GetValue(port)!.Value,
                PublicUrl = parsed.GetValue(url),
                Log = message => terminal.Error.WriteLine($"nonet: {Printable.Line(message)}"),
            }, stopping);
            terminal.Out.WriteLine($"rankings  {kept.Place}");
            terminal.Out.WriteLine($"owner     {server.OwnerLink}");
            terminal.Out.WriteLine("Open the owner's link to invite labellers. Every ranking is saved as it is made; Ctrl-C stops the server.");
            await Task.Delay(Timeout.Infinite, stopping);
            return ExitCode.Done;
        }
        finally
        {
            opened.ForEach(o => o.Dispose());
        }
    }

    static RewardModel OpenReward(string folder, CpuDevice device, List<IDisposable> opened)
    {
        var open = new LoadedModel(folder, device);
        opened.Add(open);
        return RewardModel.Of(open);
    }

    static T? Refuse<T>(ArgumentResult result, string message) where T : class
    {
        result.AddError(message);
        return null;
    }
}
