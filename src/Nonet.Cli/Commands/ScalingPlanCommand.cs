using System.CommandLine;
using System.Text.Json;
using Nonet.Recipes.Scaling;
using Nonet.Scaling.Laws;
using Nonet.Scaling.Plans;
using Nonet.Scaling.Runs;

namespace Nonet.Cli.Commands;

/// <summary>Plans a run for a budget or a target loss, from a fit or a published law.</summary>
sealed class ScalingPlanCommand : Command
{
    readonly Terminal terminal;
    readonly Option<string?> fit = new("--fit") { Description = "A file that nonet scaling fit wrote.", HelpName = "FIT.json" };
    readonly Option<string?> published =
        new("--published")
        {
            Description = "A published law instead of a fit: " + string.Join(", ", PublishedLaws.All.Select(l => l.Name)) + ".",
            HelpName = "NAME"
        };
    readonly Option<double?> flops = ScalingFlags.Positive("--flops", "Training FLOPs, such as 1e20.");
    readonly Option<double?> hours = ScalingFlags.Positive("--gpu-hours", "Total hours of --gpu.");
    readonly Option<double?> target = ScalingFlags.Positive("--target-loss", "The loss to reach, in nats per token.");
    readonly Option<string?> gpu =
        new("--gpu") { Description = "Hardware: " + string.Join(", ", Accelerator.Known.Select(a => a.Name)) + ".", HelpName = "NAME" };
    readonly Option<double?> tflops = ScalingFlags.Positive("--tflops", "Peak speed of other hardware in TFLOP/s; needs --gpu-memory.");
    readonly Option<double?> memory = ScalingFlags.Positive("--gpu-memory", "Memory of other hardware in GB.");
    readonly Option<int?> gpus = Flags.Whole("--gpus", "Number of GPUs; by default as few as hold the model.", 1);
    readonly Option<double?> mfu =
        Flags.Number("--mfu", "Fraction of the peak speed that training reaches; 0.4 by default.", "a number above 0 up to 1", x => x is > 0 and <= 1);
    readonly Option<double?> price = ScalingFlags.Positive("--price", "Price of one GPU hour, in any currency.");
    readonly Option<double?> served =
        ScalingFlags.Positive("--served-tokens",
        "Tokens that the model will read and write in its lifetime; the plan then includes the cheapest size for training and serving together.");
    readonly Option<double?> unique =
        ScalingFlags.Positive("--unique-tokens", "Number of different training tokens available; further tokens are repeats and count for less.");
    readonly Option<int?> vocab = Flags.Whole("--vocab", "Vocabulary size, for the shape.", 1, otherwise: 32_000);
    readonly Option<int?> context = Flags.Whole("--context", "Sequence length in tokens, for the memory.", 1, otherwise: 2048);
    readonly Option<string?> report = new("--report") { Description = "Write a page with the plan and charts.", HelpName = "FILE.html" };
    readonly Option<bool> json = Flags.MakeJson();

    public ScalingPlanCommand(Terminal terminal) : base("plan", "Plan a run: size, tokens, loss, shape, time, memory and price for a budget or a target.")
    {
        this.terminal = terminal;
        published.AcceptOnlyFromAmong([.. PublishedLaws.All.Select(l => l.Name)]);
        foreach (var option in new Option[] { fit, published, flops, hours, target, gpu, tflops, memory, gpus, mfu, price, served, unique, vocab, context,
            report, json })
            Add(option);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed), CancellationToken.None));
    }

    int Run(ParseResult parsed)
    {
        if ((parsed.GetValue(fit) is null) == (parsed.GetValue(published) is null))
            throw new UsageException("give either --fit or --published");
        if (new[] { parsed.GetValue(flops), parsed.GetValue(hours), parsed.GetValue(target) }.Count(x => x is not null) != 1)
            throw new UsageException("give one of --flops, --gpu-hours and --target-loss");
        var hardware = Hardware(parsed);
        if (hardware is null && (parsed.GetValue(hours) ?? parsed.GetValue(price) ?? parsed.GetValue(mfu) ?? parsed.GetValue(gpus)) is not null)
            throw new UsageException("--gpu-hours, --price, --mfu and --gpus need --gpu, or --tflops with --gpu-memory");
        var law = parsed.GetValue(fit) is { } file ? PlanLaw.Read(file) : PlanLaw.Of(PublishedLaws.All.First(l => l.Name == parsed.GetValue(published)));
        var plan = Planner.Make(law, new PlanRequest
        {
            Flops = parsed.GetValue(flops),
            AcceleratorHours = parsed.GetValue(hours),
            TargetLoss = parsed.GetValue(target),
            Hardware = hardware,
            Utilisation = parsed.GetValue(mfu) ?? new PlanRequest().Utilisation,
            Accelerators = parsed.GetValue(gpus),
            HourlyPrice = parsed.GetValue(price),
            ServedTokens = parsed.GetValue(served),
            UniqueTokens = parsed.GetValue(unique),
            Vocab = parsed.GetValue(vocab)!.Value,
            Context = parsed.GetValue(context)!.Value,
        });
        if (parsed.GetValue(report) is { } page)
            PlanReport.Write(page, law, plan);
        if (parsed.GetValue(json))
            JsonLine.Write(terminal.Out, fields => Write(fields, plan));
        else
            Show(plan);
        return ExitCode.Done;
    }

    Accelerator? Hardware(ParseResult parsed)
    {
        if (parsed.GetValue(gpu) is not null && (parsed.GetValue(tflops) ?? parsed.GetValue(memory)) is not null)
            throw new UsageException("--tflops and --gpu-memory describe other hardware and have no effect with --gpu; leave them out");
        if (parsed.GetValue(gpu) is { } name)
            return Accelerator.Find(name)
                ?? throw new UsageException(
                $"--gpu is '{name}': expected {string.Join(", ", Accelerator.Known.Select(a => a.Name))}, or --tflops and --gpu-memory");
        if (parsed.GetValue(tflops) is not { } peak)
            return parsed.GetValue(memory) is null ? null : throw new UsageException("--gpu-memory needs --tflops");
        return new Accelerator("device", peak * 1e12, 1e9 * (parsed.GetValue(memory) ?? throw new UsageException("--tflops needs --gpu-memory")));
    }

    void Show(Plan plan)
    {
        foreach (var (name, value) in PlanReport.Lines(plan))
            terminal.Out.WriteLine($"{name,-22}{value}");
        if (plan.Smaller.Count > 1)
        {
            terminal.Out.WriteLine("smaller models of the same loss");
            var table = new TextTable("n", "d", "training flops", "times the plan's", "pays after tokens served");
            foreach (var s in plan.Smaller)
                table.Add(ShortNumber.Of(s.Parameters), ShortNumber.Of(s.Tokens), ShortNumber.Of(s.TrainingFlops), ShortNumber.Of(s.Overhead),
                    s.BreakEvenTokens is { } tokens ? ShortNumber.Of(tokens) : "");
            table.Write(terminal.Out);
        }
        foreach (var warning in plan.Warnings)
            terminal.Out.WriteLine($"warning: {warning}");
    }

    static void Write(Utf8JsonWriter json, Plan plan)
    {
        json.WriteString("law", plan.Law);
        json.WriteString("params_counted", plan.Counting == ParameterCounting.All ? "all" : "non-embedding");
        Estimate("flops", plan.Flops);
        Estimate("params", plan.Parameters);
        Estimate("tokens", plan.Tokens);
        Estimate("loss", plan.Loss);
        json.WriteNumber("tokens_per_param", plan.TokensPerParameter);
        json.WriteStartObject("shape");
        json.WriteNumber("layers", plan.Shape.Layers);
        json.WriteNumber("width", plan.Shape.Width);
        json.WriteNumber("heads", plan.Shape.Heads);
        json.WriteNumber("params", plan.Shape.Parameters);
        json.WriteNumber("non_embedding_params", plan.Shape.NonEmbedding);
        json.WriteEndObject();
        json.WriteStartObject("memory_bytes");
        json.WriteNumber("training_weights", plan.Memory.Weights);
        json.WriteNumber("training_activations", plan.Memory.Activations);
        json.WriteNumber("serving_weights", plan.Memory.Serving);
        json.WriteNumber("serving_cache_per_token", plan.Memory.CachePerToken);
        json.WriteEndObject();
        if (plan.Hardware is { } hardware)
        {
            json.WriteString("gpu", hardware.Name);
            json.WriteNumber("gpu_hours", plan.AcceleratorHours!.Value);
            if (plan.Accelerators is { } count)
                json.WriteNumber("gpus", count);
            if (plan.Duration is { } duration)
                json.WriteNumber("hours", duration.TotalHours);
            if (plan.Price is { } sum)
                json.WriteNumber("price", sum);
        }
        if (plan.Repeats is { } repeats)
        {
            json.WriteStartObject("repeats");
            json.WriteNumber("unique_tokens", repeats.UniqueTokens);
            json.WriteNumber("epochs", repeats.Epochs);
            json.WriteNumber("effective_tokens", repeats.EffectiveTokens);
            json.WriteNumber("loss_with_fresh_tokens", repeats.Fresh.Loss);
            json.WriteNumber("params_with_fresh_tokens", repeats.Fresh.Parameters);
            json.WriteEndObject();
        }
        if (plan.Serving is { } serving)
        {
            json.WriteStartObject("serving");
            json.WriteNumber("served_tokens", serving.ServedTokens);
            json.WriteNumber("params", serving.Parameters);
            json.WriteNumber("tokens", serving.Tokens);
            json.WriteNumber("training_flops", serving.TrainingFlops);
            json.WriteNumber("serving_flops", serving.ServingFlops);
            json.WriteNumber("share_of_plan_cost", serving.SharePaid);
            json.WriteEndObject();
        }
        json.WriteStartArray("smaller");
        foreach (var s in plan.Smaller)
        {
            json.WriteStartObject();
            json.WriteNumber("params", s.Parameters);
            json.WriteNumber("tokens", s.Tokens);
            json.WriteNumber("training_flops", s.TrainingFlops);
            json.WriteNumber("overhead", s.Overhead);
            if (s.BreakEvenTokens is { } tokens)
                json.WriteNumber("break_even_served_tokens", tokens);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("warnings");
        foreach (var warning in plan.Warnings)
            json.WriteStringValue(warning);
        json.WriteEndArray();

        void Estimate(string name, Estimate estimate)
        {
            json.WriteNumber(name, estimate.Value);
            if (estimate is not { Low: { } low, High: { } high })
                return;
            json.WriteStartArray(name + "_interval");
            json.WriteNumberValue(low);
            json.WriteNumberValue(high);
            json.WriteEndArray();
        }
    }
}
