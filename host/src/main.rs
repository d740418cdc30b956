//! The command line.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what a command prints is for the shell it was typed in"
)]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use osa_proxy::app::{App, StartError};
use osa_proxy::config::{HttpClient, process_env};
use osa_proxy::server::Server;
use osa_proxy::upstream::client_builder;
use osa_proxy::{app, healthcheck, logs, overview, signals};

/// EX_USAGE: the configuration or the command line is wrong.
const EXIT_USAGE: u8 = 64;

/// A package firewall between package managers and registries.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Configuration file [default: $OSA_PROXY_CONFIG_PATH, else ./osa-proxy.yml]
    config: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the proxy (also without a command)
    Serve { config: Option<PathBuf> },
    /// Ask the running proxy of this configuration whether it lives: exit code 0 or 1
    Healthcheck { config: Option<PathBuf> },
    /// Serve the policy file over the Judge contract
    Judge {
        config: Option<PathBuf>,
        /// Where to listen
        #[arg(long, default_value = "127.0.0.1:8081")]
        address: SocketAddr,
    },
    /// Write a configuration and a policy from the package managers found on this machine
    Init {
        #[arg(default_value = "osa-proxy.yml")]
        file: PathBuf,
    },
    /// Check the configuration and print what is in force
    CheckConfig { config: Option<PathBuf> },
    /// List the plugins and what can be configured for each
    Plugins { config: Option<PathBuf> },
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version come this way too, and are no errors.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { EXIT_USAGE } else { 0 });
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("osa-proxy: the async runtime does not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let command = arguments.command.unwrap_or(Command::Serve {
        config: arguments.config,
    });
    match runtime.block_on(run(command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("osa-proxy: {error}");
            match error {
                StartError::Failed(_) => ExitCode::FAILURE,
                StartError::Configuration(_) | StartError::Plugins(_) | StartError::Settings(_) => {
                    ExitCode::from(EXIT_USAGE)
                }
            }
        }
    }
}

async fn run(command: Command) -> Result<(), StartError> {
    match command {
        Command::Serve { config } => serve(config.as_deref()).await,
        Command::Healthcheck { config } => healthcheck(config.as_deref()).await,
        Command::Judge { config, address } => judge(config.as_deref(), address).await,
        Command::Init { file } => init(&file).await,
        Command::CheckConfig { config } => {
            let app = App::load(config.as_deref(), &process_env)?;
            for warning in &app.warnings {
                eprintln!("warning: {warning}");
            }
            // The policy file is part of what is in force; a platform is not asked just to check.
            if app.config.codescoring.url.is_none() {
                app.embedded().await?;
            }
            print!("{}", app.config.render());
            Ok(())
        }
        Command::Plugins { config } => {
            let app = App::load(config.as_deref(), &process_env)?;
            print!("{}", overview::plugins(&app.plugins));
            Ok(())
        }
    }
}

async fn serve(config: Option<&Path>) -> Result<(), StartError> {
    let app = App::load(config, &process_env)?;
    logs::start(&app.config.logging);
    for warning in &app.warnings {
        tracing::warn!("{warning}");
    }
    let judge = app.judge().await?;
    let server = Server::start(&app.config, &app.plugins, app.repositories, judge).await?;
    print!(
        "{}",
        overview::repositories(&app.config, &app.plugins, server.address())
    );
    if let Some(address) = server.admin_address() {
        println!("admin calls and metrics: http://{address}/api/swagger/\n");
    }
    signals::stop_requested().await;
    tracing::info!("stopping");
    server.stop().await;
    Ok(())
}

/// Whatever is wrong is exit code 1: others mean something else to those who run checks.
async fn healthcheck(config: Option<&Path>) -> Result<(), StartError> {
    let address = app::listens_on(config, &process_env).map_err(anyhow::Error::from)?;
    println!("{}", healthcheck::probe(address).await.map_err(anyhow::Error::msg)?);
    Ok(())
}

async fn judge(config: Option<&Path>, address: SocketAddr) -> Result<(), StartError> {
    let app = App::load(config, &process_env)?;
    logs::start(&app.config.logging);
    let judge = app.embedded().await?;
    let token = Some(app.config.codescoring.token.clone()).filter(|token| !token.is_empty());
    let router = osa_proxy::judge::router(judge, token);
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .map_err(anyhow::Error::from)?;
    let address = listener.local_addr().map_err(anyhow::Error::from)?;
    println!(
        "Judge over {} listens on http://{address}",
        app.config.policy_file.display()
    );
    let serving = axum::serve(listener, router).with_graceful_shutdown(signals::stop_requested());
    serving.await.map_err(|error| StartError::Failed(error.into()))
}

async fn init(file: &Path) -> Result<(), StartError> {
    let builder = client_builder(&HttpClient::default()).map_err(anyhow::Error::from)?;
    let client = builder.build().map_err(anyhow::Error::from)?;
    print!("{}", osa_proxy_init::run(file, client).await?);
    Ok(())
}
