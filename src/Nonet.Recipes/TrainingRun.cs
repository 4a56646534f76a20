using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Nonet.Checkpoints;
using Nonet.Checkpoints.Adapters;
using Nonet.Recipes.Runs;
using Nonet.Tensors;
using Nonet.Text;
using Nonet.Training;

namespace Nonet.Recipes;

/// <summary>
/// What surrounds the loop of every kind of training: the run folder, where a resumed run stands, updates with their checks, going back after a divergence, reports, checkpoints,
/// how it ended. The loop itself, with its batches and its loss, stays in the kind's own file.
/// </summary>
sealed class TrainingRun : IDisposable
{
    /// <summary>Times that a run goes back to the same checkpoint.</summary>
    const int MostRollbacks = 3;

    readonly TrainingOptions options;
    readonly RunOptions where;
    readonly Device device;
    readonly ParameterStore parameters;
    readonly Tokenizer tokenizer;
    readonly PeftAdapter? adapter;
    readonly IProgress<RunEvent>? progress;
    readonly RunFolder folder;
    readonly Optimizer optimizer;
    readonly Ema? ema;
    readonly LossSpike? spike;
    readonly Meter meter = new();
    readonly Stopwatch reading = new();
    string? saved;
    string? stopgap;
    Evaluated? evaluated;
    int rollbacks;

    /// <summary>Opens the run folder, fills the parameters (from the checkpoint to resume from, else from <paramref name="start"/>, else drawn) and makes the optimiser.</summary>
    /// <param name="options">Checked; the model in them is the one whose parameters these are.</param>
    /// <param name="recorded">What determines the result: options and what identifies the data.</param>
    /// <param name="device">Where the model is trained.</param>
    /// <param name="parameters">Declared by the model, not filled.</param>
    /// <param name="tokenizer">Saved with every checkpoint.</param>
    /// <param name="where">Folder, threads, reports.</param>
    /// <param name="progress">Told of everything.</param>
    /// <param name="start">Weights to start from; null: all are drawn.</param>
    /// <param name="adapter">Attached to the model, which is frozen and has weights to start from; null: none.</param>
    public TrainingRun(
        TrainingOptions options, JsonObject recorded, Device device, ParameterStore parameters, Tokenizer tokenizer, RunOptions where, IProgress<RunEvent>? progress, IWeightSource? start = null,
        PeftAdapter? adapter = null)
    {
        (this.options, this.where, this.device, this.parameters, this.tokenizer, this.progress, this.adapter) = (options, where, device, parameters, tokenizer, progress, adapter);
        folder = RunFolder.Open(where, recorded, $"{options.Model.Kind}, {options.Model.Outline}, context {options.Model.MaxLength}", parameters.Count);
        try
        {
            var checkpoint = where.Resume && folder.Checkpoints.Last is { } last ? Checkpoint.Open(last) : null;
            checkpoint?.State.CheckOptions(recorded, checkpoint.FullPath);
            parameters.FillForTraining(options.Seed, checkpoint is null ? start : adapter is null ? checkpoint.Weights : checkpoint.WeightsWith(adapter, options.Model, start!));
            optimizer = options.OptimizerOf(parameters);
            ema = optimizer as Ema;
            if (checkpoint is not null)
                Restore(checkpoint);
            State = checkpoint?.State ?? new TrainingState { Step = 0, Batches = 0, Seed = options.Seed, Options = recorded };
            saved = checkpoint?.FullPath;
            stopgap = State.Step > 0 && !Due(options.SaveEvery) && State.Best?.Step != State.Step ? saved : null;
            spike = options.SpikeDeviations is { } deviations ? new LossSpike(options.SpikeWindow, deviations) : null;
            spike?.Restore(State.RecentLosses);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Where the run stands.</summary>
    public TrainingState State { get; private set; }

    /// <summary>The update that is made next, from 1.</summary>
    public int Next => State.Step + 1;

    /// <summary>The folder of the run.</summary>
    public string FullPath => folder.FullPath;

    /// <summary>The run's checkpoints.</summary>
    public CheckpointFolder Checkpoints => folder.Checkpoints;

    /// <summary>Runs the loop between the run's beginning and its end, and says in the folder how it ended, by an error or not.</summary>
    /// <param name="work">What an update is made of, in words.</param>
    /// <param name="loop">The loop: until <see cref="Goes"/> says no.</param>
    public void Run(string work, Action loop)
    {
        folder.Begin(State.Step, options.Steps);
        try
        {
            Tell("training", string.Create(CultureInfo.InvariantCulture, $"{parameters.Count:N0} weights, {options.Steps:N0} steps of {work}, {device.Description}"));
            loop();
            folder.End(State.Step == options.Steps ? RunState.Finished : RunState.Interrupted, State.Step);
        }
        catch (Exception e)
        {
            folder.TryEnd(e is DivergedException ? RunState.Diverged : RunState.Failed, State.Step, e.Message);
            throw;
        }
    }

    /// <summary>Whether there is another update to make.</summary>
    public bool Goes(CancellationToken stopping) => State.Step < options.Steps && !stopping.IsCancellationRequested;

    /// <summary>The random numbers of a micro-batch of the next update.</summary>
    public RandomKey KeyOf(int part) => new(options.Seed, (uint)(State.Batches + part), 0);

    /// <summary>Starts the clock of the next update.</summary>
    public void Begin() => meter.Start();

    /// <summary>Times the reading of a batch.</summary>
    public T Read<T>(Func<T> batch)
    {
        reading.Start();
        var result = batch();
        reading.Stop();
        return result;
    }

    /// <summary>Updates the weights from the gradients of an update's micro-batches, and reports. False where the loss diverged and the run went back to a checkpoint instead.</summary>
    /// <param name="loss">Mean of the update, in nats.</param>
    /// <param name="parts">Its micro-batches, the next ones of <see cref="TrainingState.Batches"/>.</param>
    /// <param name="tokens">Its tokens.</param>
    public bool Update(double loss, int parts, long tokens)
    {
        var (step, rate, norm) = (Next, options.Rates.At(Next), 0.0);
        try
        {
            Check(step, loss);
            norm = optimizer.Step(rate, options.Clip);
        }
        catch (DivergedException e) when (options.OnDivergence == OnDivergence.Rollback && rollbacks < MostRollbacks && folder.Checkpoints.Last is not null)
        {
            RollBack(e, parts);
            return false;
        }
        spike?.Add(loss);
        State = State with { Step = step, Batches = State.Batches + parts, Tokens = State.Tokens + tokens, RecentLosses = spike?.Losses ?? [] };
        meter.Stop(tokens);
        if (Due(where.ReportEvery) || meter.Steps == 1)
        {
            Report(new StepDone(step, options.Steps, loss, rate, norm, State.Tokens, folder.TrainedBefore + meter.Time,
                meter.TokensPerSecond(), meter.TimeFor(options.Steps - step)));
        }
        return true;
    }

    /// <summary>Whether something that is done every so many updates is to be done now: at the last update, it is.</summary>
    public bool Due(int every) => State.Step % every == 0 || State.Step == options.Steps;

    /// <summary>Evaluates where that is due, and saves where that is, or where no evaluation was as good.</summary>
    /// <param name="evaluate">Measures the weights, or their average where there is one.</param>
    public void EvaluateAndSave(Func<Evaluation> evaluate)
    {
        if (Due(options.EvaluateEvery))
            Averaged(() => Evaluate(evaluate));
        if (Due(options.SaveEvery) || State.Best?.Step == State.Step)
            Averaged(Save);
    }

    /// <summary>After the loop: what was not evaluated or saved is.</summary>
    public void Complete(Func<Evaluation> evaluate)
    {
        if (saved != folder.Checkpoints.PathOf(State.Step))
            Averaged(Save);
        if (State.Step == options.Steps && evaluated is null)
            Averaged(() => Evaluate(evaluate));
    }

    /// <summary>What a run makes of its weights it makes of their average, where there is one.</summary>
    public void Averaged(Action action)
    {
        ema?.Swap();
        action();
        ema?.Swap();
    }

    /// <summary>Writes an event down and passes it on.</summary>
    public void Report(RunEvent e)
    {
        folder.Record(e);
        progress?.Report(e);
    }

    /// <summary>Passes on what is not written down.</summary>
    public void Tell(string name, string detail) => progress?.Report(new StageStarted(name, detail));

    /// <summary>What the run came to.</summary>
    /// <param name="flopsPerToken">Operations of a token; null: not counted.</param>
    public TrainingResult Result(double? flopsPerToken = null) => new()
    {
        Step = State.Step,
        Interrupted = State.Step < options.Steps,
        HeldOut = State.Step == options.Steps ? evaluated : null,
        Parameters = parameters.Count,
        Tokens = meter.Tokens,
        Training = meter.Time,
        ReadingData = reading.Elapsed,
        Logging = folder.Logging,
        Flops = flopsPerToken * meter.Tokens,
        Folder = folder.FullPath,
        Checkpoint = saved!,
    };

    public void Dispose()
    {
        optimizer.Dispose();
        folder.Dispose();
    }

    void Check(int step, double loss)
    {
        if (!double.IsFinite(loss))
            throw new DivergedException(step, "the loss", loss, NonFinite.Find(parameters)?.ToString());
        if (spike?.Is(loss) == true)
        {
            throw new DivergedException(step, "the loss", loss, string.Create(CultureInfo.InvariantCulture,
                $"a spike: above {spike.Limit:0.0000}, the mean of the last {options.SpikeWindow} and {options.SpikeDeviations} standard deviations"));
        }
    }

    void Restore(Checkpoint from)
    {
        from.Restore(parameters, optimizer);
        ema?.Restored();
    }

    void RollBack(DivergedException e, int parts)
    {
        meter.Stop(0);
        parameters.ClearGradients();
        var back = Checkpoint.Open(folder.Checkpoints.Last!);
        back.RestoreWeights(parameters, options.Model, adapter);
        Restore(back);
        spike?.Restore(back.State.RecentLosses);
        State = back.State with { Batches = State.Batches + parts }; // the batches since then are passed over
        rollbacks++;
        folder.RewindTo(State.Step);
        Report(new RolledBack(State.Step, (int)e.Step, e.Message));
    }

    void Evaluate(Func<Evaluation> evaluate)
    {
        var e = evaluate();
        var best = !(e.Criterion >= State.Best?.Loss);
        evaluated = new Evaluated(State.Step, e.NatsPerToken, e.BitsPerByte, best) { Scores = e.Scores };
        if (best)
            State = State with { Best = (e.Criterion, State.Step) };
        Report(evaluated);
    }

    void Save()
    {
        saved = Checkpoint.Save(folder.Checkpoints, options.Model, parameters, tokenizer, optimizer, State, adapter);
        rollbacks = 0;
        if (stopgap is not null && stopgap != saved && Directory.Exists(stopgap))
            Directory.Delete(stopgap, recursive: true); // a run that was never stopped has none: an average of the last ones is to be the same
        stopgap = null;
        Report(new Saved(State.Step, saved));
    }
}

/// <summary>What was measured on data that is not trained on.</summary>
/// <param name="NatsPerToken">Mean loss.</param>
/// <param name="BitsPerByte">The same by bytes of text; null where that says nothing.</param>
sealed record Evaluation(double NatsPerToken, double? BitsPerByte = null)
{
    /// <summary>Other measures by name, such as accuracy.</summary>
    public IReadOnlyList<Score> Scores { get; init; } = [];

    /// <summary>What the best checkpoint has the least of; the loss unless another is given.</summary>
    public double Criterion { get; init; } = NatsPerToken;
}
