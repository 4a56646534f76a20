namespace Nonet.Server.Tests.Browsers;

/// <summary>One browser for the tests of a class, started by the first of them.</summary>
public sealed class SharedBrowser : IAsyncDisposable
{
    Browser? browser;

    /// <summary>Skips the test where no browser is installed.</summary>
    internal async Task<Browser> Start() => browser ??= await Browser.Start();

    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
            await browser.DisposeAsync();
    }
}
